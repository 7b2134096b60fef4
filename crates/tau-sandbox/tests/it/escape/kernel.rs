//! Interfaces of the kernel that lead out, or that led out of sandboxes before.

use super::attempt::Control::{IfHere, Root, RootApart, RootIfHere};
use super::attempt::{Attempt, perl, sh};

pub(super) const MOUNTS: &[Attempt] = &[
    perl("mount a file system", "out() if call(SYS_mount, 'tmpfs', '/tmp', 'tmpfs', 0, 0) == 0;").needs(RootApart),
    perl("mount a process's own file system", "out() if call(SYS_mount, 'proc', '/tmp', 'proc', 0, 0) == 0;").needs(RootApart),
    perl("bind a folder", "out() if call(SYS_mount, '/usr', '/tmp', '', 4096, 0) == 0;").needs(RootApart),
    perl("make a mount writable", "out() if call(SYS_mount, '', '/', '', 32 | 4096, 0) == 0;").needs(RootApart),
    perl("take a mount away", "out() if call(SYS_umount2, '/proc', 2) == 0;").needs(RootApart),
    perl("take the root away", "allowed(SYS_umount2, '/', 2);").needs(RootApart),
    perl("change the root", "out() if call(SYS_chroot, '/usr') == 0;").needs(RootApart),
    perl("pivot the root", "allowed(SYS_pivot_root, '.', '.');").needs(RootApart),
    perl("open a tree of mounts", "out() if call(SYS_open_tree, -100, '/usr', 1) >= 0;").needs(RootApart),
    perl("open a file system", "out() if call(SYS_fsopen, 'tmpfs', 0) >= 0;").needs(RootApart),
    perl("configure a file system", "allowed(SYS_fsconfig, -1, 6, 0, 0, 0);"),
    perl("mount what was opened", "allowed(SYS_fsmount, -1, 0, 0);").needs(Root),
    perl("pick a file system", "out() if call(SYS_fspick, -100, '/', 0) >= 0;").needs(RootApart),
    perl("move a mount", "allowed(SYS_move_mount, -1, '', -1, '', 4);").needs(RootApart),
    perl("set attributes of a mount", "my $a = pack('QQQQ', 0, 1, 0, 0); out() if call(SYS_mount_setattr, -100, '/', 0, $a, 32) == 0;")
        .needs(RootApart),
    perl("list the mounts", "my $r = pack('IIQQQ', 32, 0, -1, 0, 0); my $b = \"\\0\" x 4096; out() if call(458, $r, $b, 64, 0) > 0;")
        .needs(IfHere),
    sh("mount with a program", "mount -t tmpfs none /tmp && out").needs(RootApart),
];

pub(super) const NAMESPACES: &[Attempt] = &[
    perl("a user namespace", "out() if call(SYS_unshare, 0x10000000) == 0;"),
    perl("a user namespace with mounts", "out() if call(SYS_unshare, 0x10000000 | 0x20000) == 0;"),
    perl("a mount namespace", "out() if call(SYS_unshare, 0x20000) == 0;").needs(Root),
    perl("a process namespace", "out() if call(SYS_unshare, 0x20000000) == 0;").needs(Root),
    perl("a network namespace", "out() if call(SYS_unshare, 0x40000000) == 0;").needs(Root),
    perl("a time namespace", "out() if call(SYS_unshare, 0x80) == 0;").needs(RootIfHere),
    perl(
        "a user namespace with clone",
        "my $p = call(SYS_clone, 0x10000000 | 17, 0, 0, 0, 0); POSIX::_exit(0) if $p == 0; if ($p > 0) { waitpid $p, 0; out() }",
    ),
    perl(
        "a user namespace with clone3",
        "my $a = pack('Q8', 0x10000000, 0, 0, 0, 17, 0, 0, 0); my $p = call(SYS_clone3, $a, 64);
         POSIX::_exit(0) if $p == 0; if ($p > 0) { waitpid $p, 0; out() }",
    ),
    perl(
        "flags above the half that is read",
        "my $p = call(SYS_clone, (1 << 32) | 0x10000000 | 17, 0, 0, 0, 0); POSIX::_exit(0) if $p == 0;
         if ($p > 0) { waitpid $p, 0; out() }",
    ),
    perl(
        "enter a namespace",
        "open my $f, '<', '/proc/self/ns/uts'; out() if call(SYS_setns, fileno $f, 0) == 0;",
    )
    .needs(Root),
    perl(
        "enter the target's namespaces",
        "open my $f, '<', \"/proc/$e{TARGET}/ns/mnt\"; out() if call(SYS_setns, fileno($f) // -1, 0) == 0;",
    )
    .needs(Root),
    perl(
        "enter by a process",
        "my $f = call(SYS_pidfd_open, $e{TARGET} + 0, 0); out() if call(SYS_setns, $f, 0x4000000) == 0;",
    )
    .needs(Root),
    sh("the host's name", "[ \"$(cat /proc/sys/kernel/hostname)\" != sandbox ] && out"),
    perl("set the host's name", "out() if call(SYS_sethostname, 'x', 1) == 0;").needs(RootApart),
    perl("set the host's domain", "out() if call(SYS_setdomainname, 'x', 1) == 0;").needs(RootApart),
    sh("map users", "echo '0 0 1' > /proc/self/uid_map; [ \"$(id -u)\" = 0 ] && out").needs(Root),
];

pub(super) const INTERFACES: &[Attempt] = &[
    perl("bpf", "my $a = pack('IIIII', 2, 4, 8, 1, 0) . (\"\\0\" x 100); allowed(SYS_bpf, 0, $a, 72);").needs(RootIfHere),
    perl("performance counters", "my $a = pack('IIQQQQ', 1, 112, 0, 0, 0, 0) . pack('Q', 0x63) . (\"\\0\" x 64); allowed(SYS_perf_event_open, $a, 0, -1, -1, 0);"),
    perl("page faults in user space", "out() if call(SYS_userfaultfd, 1) >= 0;").needs(IfHere),
    perl("io_uring", "my $a = \"\\0\" x 120; out() if call(SYS_io_uring_setup, 4, $a) >= 0;").needs(IfHere),
    perl("the kernel's log", "out() if call(SYS_syslog, 10, 0, 0) >= 0;").needs(RootIfHere),
    perl("load a module", "allowed(SYS_init_module, 0, 0, '');").needs(RootIfHere),
    perl("load a module from a file", "allowed(SYS_finit_module, -1, '', 0);").needs(RootIfHere),
    perl("unload a module", "allowed(SYS_delete_module, 'tau_no_such_module', 2048);").needs(RootIfHere),
    perl("restart with another kernel", "allowed(SYS_kexec_load, 0, 0, 0, 0xffff);").needs(RootIfHere),
    perl("restart", "allowed(SYS_reboot, 1, 2, 3, 0);").needs(Root),
    perl("swap to a file", "allowed(SYS_swapon, '/nonexistent', 0);").needs(RootIfHere),
    perl("stop swapping", "allowed(SYS_swapoff, '/nonexistent');").needs(RootIfHere),
    perl("account processes", "allowed(SYS_acct, '/nonexistent');").needs(RootIfHere),
    perl("quotas", "allowed(SYS_quotactl, 0x80000100, 0, 0, 0);").needs(IfHere),
    perl("the clock", "my $a = \"\\0\" x 256; allowed(SYS_adjtimex, $a);"),
    perl("a clock by number", "my $a = \"\\0\" x 256; allowed(SYS_clock_adjtime, 0, $a);"),
    perl("another personality", "out() if call(SYS_personality, 0x0200000) >= 0;"),
    perl("watch a file system", "allowed(SYS_fanotify_init, 0x200, 0);").needs(IfHere),
    perl("give pages to a pipe", "pipe my $r, my $w; my $b = 'x' x 64; my $v = pack('P Q', $b, 64); out() if call(SYS_vmsplice, fileno $w, $v, 1, 0) >= 0;"),
    perl("move pages", "out() if call(SYS_move_pages, 0, 0, 0, 0, 0, 0) == 0;").needs(IfHere),
    perl("migrate pages", "my $m = pack('Q', 1); allowed(SYS_migrate_pages, 0, 64, $m, $m);").needs(IfHere),
    perl("compare processes", "allowed(SYS_kcmp, $$, $$, 0, 0, 1);").needs(IfHere),
    perl("the second set of numbers", "out() if call(0x40000000 | SYS_getpid) > 0;").needs(IfHere),
    perl(
        "calls of 32 bit",
        // An ELF program: eax = 20 (getpid), int 0x80; edi = 0, eax = 60 (exit), syscall.
        "my $c = pack 'H*', 'b814000000cd8031ffb83c0000000f05';
         my $h = pack('C16', 127, 69, 76, 70, 2, 1, 1) . pack('SSIQQQISSSSSS', 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0);
         my $p = pack('IIQQQQQQ', 1, 5, 0, 0x400000, 0x400000, 120 + length $c, 120 + length $c, 4096);
         my $f = \"$e{R}/elf32\"; open my $o, '>', $f; binmode $o; print $o $h, $p, $c; close $o; chmod 0755, $f;
         out() if system($f) == 0;",
    )
    .needs(IfHere),
    sh("real-time priority", "chrt -f 1 true && out").needs(RootIfHere),
    sh("a better priority", "[ \"$(nice -n -5 nice)\" -lt 0 ] && out").needs(Root),
    sh("raise a limit", "ulimit -c unlimited && out").needs(IfHere),
];

pub(super) const KEYS: &[Attempt] = &[
    perl("add a key", "out() if call(SYS_add_key, 'user', 'tau-canary', 'x', 1, -2) > 0;").needs(IfHere),
    perl("ask for a key", "allowed(SYS_request_key, 'user', 'tau-canary-none', 0, -2);").needs(IfHere),
    perl("the session's keyring", "out() if call(SYS_keyctl, 0, -3, 1) > 0;").needs(IfHere),
    perl("the user's keyring", "out() if call(SYS_keyctl, 0, -4, 1) > 0;").needs(IfHere),
    perl("another session's keyring", "out() if call(SYS_keyctl, 1, 0) > 0;").needs(IfHere),
];

pub(super) const TERMINALS: &[Attempt] = &[
    perl("input for the terminal", TIOCSTI).needs(IfHere),
    perl("a line discipline", LINE_DISCIPLINE),
    perl("input with a number above the half that is read", TIOCSTI_HIGH).needs(IfHere),
];

/// A terminal of its own: opened, unlocked, made the controlling one of a new session.
macro_rules! terminal {
    ($then:literal) => {
        concat!(
            "my $k = fork; if ($k) { waitpid $k, 0; exit } POSIX::setsid();
             open my $m, '+<', '/dev/ptmx' or die; my $z = pack('i', 0); ioctl($m, 0x40045431, $z);
             my $n = pack('I', 0); ioctl($m, 0x80045430, $n); open my $s, '+<', '/dev/pts/' . unpack('I', $n) or die;
             ioctl($s, 0x540e, 0); ",
            $then
        )
    };
}

const TIOCSTI: &str = terminal!("my $c = 'x'; out() if call(SYS_ioctl, fileno $s, 0x5412, $c) == 0;");
const TIOCSTI_HIGH: &str =
    terminal!("my $c = 'x'; out() if call(SYS_ioctl, fileno $s, (1 << 32) | 0x5412, $c) == 0;");
const LINE_DISCIPLINE: &str =
    terminal!("my $d = pack('i', 0); out() if call(SYS_ioctl, fileno $s, 0x5423, $d) == 0;");
