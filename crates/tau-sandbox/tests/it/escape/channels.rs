//! Ways to talk to the host: the network, sockets, shared memory, descriptors.

use super::attempt::Control::{IfHere, Root, RootIfHere};
use super::attempt::{Attempt, perl, sh};

pub(super) const NETWORK: &[Attempt] = &[
    perl("a port of the host's loopback", "socket my $s, AF_INET, SOCK_STREAM, 0; out() if connect $s, pack_sockaddr_in($e{PORT}, inet_aton('127.0.0.1'));"),
    perl("the same by another address", "socket my $s, AF_INET, SOCK_STREAM, 0; out() if connect $s, pack_sockaddr_in($e{PORT}, inet_aton('127.1.2.3'));").needs(IfHere),
    perl("the same by no address", "socket my $s, AF_INET, SOCK_STREAM, 0; out() if connect $s, pack_sockaddr_in($e{PORT}, inet_aton('0.0.0.0'));"),
    perl("a port of the host's IPv6 loopback", "socket my $s, AF_INET6, SOCK_STREAM, 0; out() if connect $s, pack_sockaddr_in6($e{PORT6}, Socket::inet_pton(AF_INET6, '::1'));").needs(IfHere),
    perl("an IPv4 address in IPv6", "socket my $s, AF_INET6, SOCK_STREAM, 0; out() if connect $s, pack_sockaddr_in6($e{PORT}, Socket::inet_pton(AF_INET6, '::ffff:127.0.0.1'));").needs(IfHere),
    perl("a name server over UDP", "socket my $s, AF_INET, SOCK_DGRAM, 0; send $s, \"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\6secret\\7example\\0\\0\\1\\0\\1\", 0, pack_sockaddr_in($e{UDP}, inet_aton('127.0.0.1')); my $v = ''; vec($v, fileno $s, 1) = 1; out() if select $v, undef, undef, 0.3;"),
    perl("a route to the world", "socket my $s, AF_INET, SOCK_DGRAM, 0; out() if connect $s, pack_sockaddr_in(53, inet_aton('192.0.2.53'));").needs(IfHere),
    perl("the metadata service", "socket my $s, AF_INET, SOCK_DGRAM, 0; out() if connect $s, pack_sockaddr_in(80, inet_aton('169.254.169.254'));").needs(IfHere),
    sh("the host's devices", "tail -n +3 /proc/net/dev | grep -vq ' lo:' && out").needs(IfHere),
    sh("the host's connections", "grep -qi \":$(printf %04X $PORT) \" /proc/net/tcp && out"),
    sh("the host's name servers", "grep -q nameserver /etc/resolv.conf && out").needs(IfHere),
    perl("an abstract socket of the host", "socket my $s, AF_UNIX, SOCK_STREAM, 0; out() if connect $s, pack('S', AF_UNIX) . \"\\0tau-canary-$e{ID}\";"),
    perl("a socket with a path", "socket my $s, AF_UNIX, SOCK_STREAM, 0; out() if connect $s, pack_sockaddr_un(\"$e{O}/socket\");"),
    perl("the container engine", "socket my $s, AF_UNIX, SOCK_STREAM, 0; for (qw(/run/docker.sock /var/run/docker.sock /run/containerd/containerd.sock)) { out() if connect $s, pack_sockaddr_un($_) }").needs(IfHere),
    perl("the message bus", "socket my $s, AF_UNIX, SOCK_STREAM, 0; out() if connect $s, pack_sockaddr_un('/run/dbus/system_bus_socket');").needs(IfHere),
    perl("raw packets", "out() if socket my $s, AF_INET, SOCK_RAW, 1;").needs(Root),
    perl("raw packets of IPv6", "out() if socket my $s, AF_INET6, SOCK_RAW, 58;").needs(RootIfHere),
    perl("packets of a device", "out() if socket my $s, 17, SOCK_RAW, 0x300;").needs(RootIfHere),
    perl("the hypervisor", "out() if socket my $s, 40, SOCK_STREAM, 0;").needs(IfHere),
    perl("the kernel's ciphers", "out() if socket my $s, 38, 5, 0;").needs(IfHere),
    perl("Bluetooth", "out() if socket my $s, 31, SOCK_STREAM, 3;").needs(IfHere),
    perl("TIPC", "out() if socket my $s, 30, SOCK_STREAM, 0;").needs(IfHere),
    perl("RDS", "out() if socket my $s, 21, 5, 0;").needs(IfHere),
    perl("KCM", "out() if socket my $s, 41, SOCK_DGRAM, 0;").needs(IfHere),
    perl("AF_XDP", "out() if socket my $s, 44, SOCK_RAW, 0;").needs(RootIfHere),
    perl("the events of devices", "out() if socket my $s, 16, SOCK_DGRAM, 15;"),
    perl("the packet filter", "out() if socket my $s, 16, SOCK_RAW, 12;").needs(IfHere),
    perl("the audit", "out() if socket my $s, 16, SOCK_RAW, 9;").needs(IfHere),
    perl("a family above the half that is read", "out() if syscall(41, (1 << 32) | 40, 1, 0) >= 0;").needs(IfHere),
];

pub(super) const SHARED: &[Attempt] = &[
    perl("shared memory of System V", "out() if defined shmget $e{KEY} + 0, 0, 0;"),
    perl("a queue of System V", "out() if defined msgget $e{KEY} + 0, 0;"),
    perl("a semaphore of System V", "out() if defined semget $e{KEY} + 0, 0, 0;"),
    sh("what System V has", "[ $(wc -l < /proc/sysvipc/shm) -gt 1 ] && out"),
    perl("a queue of POSIX", "out() if call(SYS_mq_open, \"tau-canary-$e{ID}\", 0, 0, 0) >= 0;")
        .needs(IfHere),
    sh("a file in shared memory", "grep -q TOKEN /dev/shm/tau-canary-$ID && out"),
];

/// The harness leaves descriptors open that close at no exec.
pub(super) const DESCRIPTORS: &[Attempt] = &[
    sh("an open file", "for f in /proc/self/fd/*; do readlink $f | grep -q outside/secret && out; done"),
    sh("an open folder", "for f in /proc/self/fd/*; do [ -e $f/secret ] && out; done"),
    perl(
        "the number of an open file",
        "for (3..60) { if (open my $f, \"<&=$_\") { next unless -f $f; sysseek $f, 0, 0; my $l = ''; sysread $f, $l, 99; out() if $l =~ /TOKEN/ } }",
    ),
    perl(
        "a connection of the host",
        "for (3..60) { if (open my $f, \"+<&=$_\") { out() if getpeername $f } }",
    ),
    perl(
        "an open folder as the working one",
        "for (3..60) { if (open my $f, \"<&=$_\") { if (chdir $f) { out() if -e 'secret' } } }",
    ),
    sh("standard input opened for writing", "echo x >> /proc/self/fd/0 && out"),
    sh("standard input by its device", "echo x >> /dev/stdin && out"),
    perl("standard input through another's eyes", "out() if open my $f, '+<', \"/proc/$$/fd/0\";"),
];
