//! Other processes: the host's, and the init inside. `TARGET` is the init inside and a process of the host outside.

use super::attempt::Control::{IfHere, Root, RootIfHere};
use super::attempt::{Attempt, perl, sh};

pub(super) const PROCESSES: &[Attempt] = &[
    sh("see a process of the host", "grep -q tau-victim-$ID /proc/$VICTIM/cmdline && out"),
    sh("find a process of the host", "grep -q tau-victi[m]-$ID /proc/[0-9]*/cmdline 2>/dev/null && out"),
    sh("signal a process of the host", "grep -q tau-victim-$ID /proc/$VICTIM/cmdline && kill -0 $VICTIM && out"),
    sh("stop the target", "kill -STOP $TARGET; sleep 0.02; s=$(cut -d' ' -f3 /proc/$TARGET/stat); kill -CONT $TARGET; [ \"$s\" = T ] && out"),
    sh("read the target's variables", "tr '\\0' '\\n' < /proc/$TARGET/environ | grep -q TOKEN && out"),
    sh("read the target's map", "grep -q . /proc/$TARGET/maps && out"),
    sh("list the target's descriptors", "[ -n \"$(ls /proc/$TARGET/fd)\" ] && out"),
    sh("see the target's program", "readlink /proc/$TARGET/exe | grep -q / && out"),
    sh("see the target's folder", "readlink /proc/$TARGET/cwd | grep -q outside && out"),
    sh("enter the target's root", "ls /proc/$TARGET/root/ >/dev/null && out"),
    sh("open the target's memory", "exec 3<> /proc/$TARGET/mem && out"),
    sh("read the target's vectors", "[ $(head -c 8 /proc/$TARGET/auxv | wc -c) = 8 ] && out"),
    sh("read the target's stack", "grep -q . /proc/$TARGET/stack && out").needs(RootIfHere),
    sh("read what the target waits for", "grep -q . /proc/$TARGET/syscall && out").needs(IfHere),
    sh("read the target's pages", "[ $(head -c 8 /proc/$TARGET/pagemap | wc -c) = 8 ] && out").needs(IfHere),
    sh("read the target's input and output", "grep -q . /proc/$TARGET/io && out").needs(IfHere),
    sh("see the target's namespaces", "readlink /proc/$TARGET/ns/mnt | grep -q mnt && out"),
    sh("make the target a victim of low memory", "echo 900 > /proc/$TARGET/oom_score_adj && out"),
    sh("make itself no victim of low memory", "echo -900 > /proc/self/oom_score_adj && out").needs(RootIfHere),
    perl("trace the target", "if (call(SYS_ptrace, 0x4206, $e{TARGET} + 0, 0, 0) == 0) { out() }"),
    perl("trace a child", "my $k = fork; if (!$k) { sleep 2; exit } my $r = call(SYS_ptrace, 0x4206, $k, 0, 0); kill 9, $k; out() if $r == 0;"),
    perl("be traced", "my $k = fork; if (!$k) { out() if call(SYS_ptrace, 0, 0, 0, 0) == 0; POSIX::_exit(1) } waitpid $k, 0;"),
    perl(
        "read the target's memory by a call",
        "open my $m, '<', \"/proc/$e{TARGET}/maps\"; my $l = <$m> // '400000'; my ($a) = $l =~ /^([0-9a-f]+)/; my $b = \"\\0\" x 16;
         my $v = pack('P Q', $b, 16); my $w = pack('QQ', hex $a, 16); out() if call(SYS_process_vm_readv, $e{TARGET} + 0, $v, 1, $w, 1, 0) > 0;",
    ),
    perl("read its own memory by a call", "my $b = 'a' x 16; my $c = 'b' x 16; my ($v, $w) = (pack('P Q', $b, 16), pack('P Q', $c, 16)); out() if call(SYS_process_vm_readv, $$, $v, 1, $w, 1, 0) == 16;"),
    perl("write its own memory by a call", "my $b = 'a' x 16; my $c = 'b' x 16; my ($v, $w) = (pack('P Q', $b, 16), pack('P Q', $c, 16)); out() if call(SYS_process_vm_writev, $$, $v, 1, $w, 1, 0) == 16;"),
    perl("take a descriptor of the target", "my $p = call(SYS_pidfd_open, $e{TARGET} + 0, 0); out() if call(SYS_pidfd_getfd, $p, 0, 0) >= 0;"),
    perl("advise on its own memory as another's", "my $p = call(SYS_pidfd_open, $$, 0); my $b = 'a' x 8192; my $v = pack('P Q', $b, 0); allowed(SYS_process_madvise, $p, $v, 1, 20, 0);").needs(IfHere),
    perl("set a limit of the target", "my $l = pack('QQ', 4096, 4096); out() if call(SYS_prlimit64, $e{TARGET} + 0, 7, $l, 0) == 0;"),
    perl(
        "kill the target by its descriptor",
        "my $k = $e{TARGET}; if ($k != 1) { $k = fork; if (!$k) { sleep 3; exit } } my $p = call(SYS_pidfd_open, $k + 0, 0);
         call(SYS_pidfd_send_signal, $p, 9, 0, 0); if ($k != 1) { waitpid $k, 0; out() } select undef, undef, undef, 0.02; out() if !kill 0, 1;",
    ),
    perl(
        "kill the init",
        // Outside, a process of its own takes the place of the init.
        "my $k = $e{TARGET}; if ($k != 1) { $k = fork; if (!$k) { sleep 3; exit } } for my $s (9, 15, 11, 7, 2, 1, 10, 17) { kill $s, $k }
         if ($k != 1) { waitpid $k, 0; out() } select undef, undef, undef, 0.02; out() if !kill 0, 1;",
    ),
    sh("lower the target's priority on the host", "[ $TARGET = 1 ] && exit; renice -n 1 -p $VICTIM > /dev/null && out"),
];

pub(super) const PRIVILEGES: &[Attempt] = &[
    sh("run as root", "[ \"$(id -u)\" = 0 ] && out").needs(Root),
    perl("become root", "$> = 0; $< = 0; out() if $> == 0;").needs(Root),
    perl("become another user", "$> = 12345; out() if $> == 12345;").needs(Root),
    perl("choose groups", "my $g = pack('I', 12); out() if call(SYS_setgroups, 1, $g) == 0;").needs(Root),
    sh("give a file away", "touch $R/own && chown 12345 $R/own && out").needs(Root),
    sh("have capabilities", "grep -qE '^Cap(Prm|Eff|Bnd):.*[1-9a-f]' /proc/self/status && out").needs(Root),
    perl("take all capabilities", "my $h = pack('Ii', 0x20080522, 0); my $d = pack('I6', ~0 & 0xffff, ~0 & 0xffff, 0, 0, 0, 0); out() if call(SYS_capset, $h, $d) == 0;").needs(Root),
    sh("be allowed new privileges", "grep -q 'NoNewPrivs:.*0' /proc/self/status && out"),
    sh("be without a filter", "grep -q 'Seccomp:.*0' /proc/self/status && out"),
    perl(
        "a program that is always root",
        // It waits for a password, and its effective user can be seen meanwhile.
        "my $p = open my $f, '|-', 'exec su root 2>/dev/null' or die; select undef, undef, undef, 0.05;
         open my $s, '<', \"/proc/$p/status\" or die; while (<$s>) { out() if /^Uid:\\s+\\d+\\s+0\\s/ } kill 9, $p; POSIX::_exit(1);",
    )
    .needs(IfHere),
    sh("set-user-id by a shell", "cp /usr/bin/env $R/suid && chmod u+s $R/suid && out"),
    sh("set-group-id by a shell", "cp /usr/bin/env $R/sgid && chmod g+s $R/sgid && out"),
    perl("set-user-id of a descriptor", "open my $f, '>', \"$e{R}/f1\"; out() if call(SYS_fchmod, fileno $f, 04755) == 0;"),
    perl("set-user-id by a newer call", "open my $f, '>', \"$e{R}/f2\"; out() if call(452, -100, \"$e{R}/f2\", 04755, 0) == 0;").needs(IfHere),
    perl("set-user-id while opening", "my $p = \"$e{R}/f3\"; call(SYS_openat, -100, $p, 0101, 04755); out() if -u $p;"),
    perl("set-user-id while opening with a structure", "my $p = \"$e{R}/f4\"; my $h = pack('QQQ', 0101, 04755, 0); call(SYS_openat2, -100, $p, $h, 24); out() if -u $p;").needs(IfHere),
    perl("set-user-id while making a node", "my $p = \"$e{R}/f5\"; call(SYS_mknodat, -100, $p, 0104755, 0); out() if -u $p;"),
    perl("set-user-id of a file without a name", "my $f = call(SYS_openat, -100, \"$e{R}\", 020200001, 04755); if ($f >= 0) { out() if -u \"/proc/self/fd/$f\" }").needs(IfHere),
    sh("make a disk", "mknod $R/disk b 253 0 && rm $R/disk && out").needs(Root),
    sh("make the kernel's memory", "mknod $R/mem c 1 1 && rm $R/mem && out").needs(Root),
    sh("give a program a capability", "cp /usr/bin/env $R/cap && setcap cap_net_raw+ep $R/cap && out").needs(RootIfHere),
];
