//! One way out, as a script that says so when it got out.

/// What a script prints when it did what it should not be able to.
pub(super) const ESCAPED: &str = "ESCAPED";

/// One way out, and what it takes to work without a sandbox.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) name: &'static str,
    pub(super) script: Script,
    pub(super) control: Control,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Script {
    /// `out` says that it got out.
    Shell(&'static str),
    /// `out` too; `call` makes a system call (of copies: strings have to be writable), `allowed` says whether the kernel did more than refuse it.
    Perl(&'static str),
}

/// Who can do it without a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    Anyone,
    Root,
    /// Root, in mount and name namespaces of its own, so that the machine stays as it is.
    RootApart,
    /// Depends on what the kernel was built with and on what the machine has.
    IfHere,
    /// The same, for root.
    RootIfHere,
}

pub(super) const fn sh(name: &'static str, script: &'static str) -> Attempt {
    Attempt { name, script: Script::Shell(script), control: Control::Anyone }
}

pub(super) const fn perl(name: &'static str, script: &'static str) -> Attempt {
    Attempt { name, script: Script::Perl(script), control: Control::Anyone }
}

impl Attempt {
    pub(super) const fn needs(self, control: Control) -> Self {
        Self { control, ..self }
    }

    /// The program and its arguments.
    pub(super) fn command(&self) -> [String; 3] {
        match self.script {
            Script::Shell(script) => {
                let script = format!("out() {{ echo {ESCAPED}; exit 0; }}\n{script}");
                ["/bin/sh", "-c", &script].map(str::to_owned)
            }
            Script::Perl(script) => {
                let prelude = format!(
                    "use Errno; use Fcntl; use Socket; use POSIX (); $SIG{{ALRM}} = 'DEFAULT'; alarm 4; my %e = %ENV; \
                     sub out {{ syswrite STDOUT, \"{ESCAPED}\\n\"; POSIX::_exit(0) }} \
                     sub call {{ $! = 0; my ($n, @a) = @_; return syscall($n, @a) }} \
                     sub allowed {{ my $r = call(@_); out() if $r != -1 || !($!{{EPERM}} || $!{{ENOSYS}} || $!{{EACCES}}) }}\n"
                );
                ["/usr/bin/perl", "-e", &(prelude + &numbers(script))].map(str::to_owned)
            }
        }
    }
}

/// Puts the numbers of this architecture for `SYS_name`.
fn numbers(script: &str) -> String {
    let mut text = script.to_owned();
    let mut known = NUMBERS.to_vec();
    // The longest first: a name may begin with another.
    known.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    for (name, number) in known {
        text = text.replace(&format!("SYS_{name}"), &number.to_string());
    }
    assert!(!text.contains("SYS_"), "a system call without a number in: {script}");
    text
}

macro_rules! numbers {
    ($($name:ident => $constant:ident),* $(,)?) => {
        &[$((stringify!($name), libc::$constant)),*]
    };
}

const NUMBERS: &[(&str, i64)] = numbers![
    acct => SYS_acct, add_key => SYS_add_key, adjtimex => SYS_adjtimex, bpf => SYS_bpf, capset => SYS_capset,
    chroot => SYS_chroot, clock_adjtime => SYS_clock_adjtime, clone => SYS_clone, clone3 => SYS_clone3,
    close => SYS_close, delete_module => SYS_delete_module, fanotify_init => SYS_fanotify_init,
    finit_module => SYS_finit_module, fchmod => SYS_fchmod, fchmodat => SYS_fchmodat, fsconfig => SYS_fsconfig,
    fsmount => SYS_fsmount, fsopen => SYS_fsopen, fspick => SYS_fspick, getpid => SYS_getpid,
    init_module => SYS_init_module, io_uring_setup => SYS_io_uring_setup, ioctl => SYS_ioctl, kcmp => SYS_kcmp,
    kexec_load => SYS_kexec_load, keyctl => SYS_keyctl, mknodat => SYS_mknodat, mount => SYS_mount,
    mount_setattr => SYS_mount_setattr, move_mount => SYS_move_mount, move_pages => SYS_move_pages,
    migrate_pages => SYS_migrate_pages, mq_open => SYS_mq_open, name_to_handle_at => SYS_name_to_handle_at,
    open_by_handle_at => SYS_open_by_handle_at, open_tree => SYS_open_tree, openat => SYS_openat,
    openat2 => SYS_openat2, perf_event_open => SYS_perf_event_open, personality => SYS_personality,
    pidfd_getfd => SYS_pidfd_getfd, pidfd_open => SYS_pidfd_open, pidfd_send_signal => SYS_pidfd_send_signal,
    pivot_root => SYS_pivot_root, prctl => SYS_prctl, prlimit64 => SYS_prlimit64,
    process_madvise => SYS_process_madvise, process_vm_readv => SYS_process_vm_readv,
    process_vm_writev => SYS_process_vm_writev, ptrace => SYS_ptrace, quotactl => SYS_quotactl,
    reboot => SYS_reboot, renameat2 => SYS_renameat2, request_key => SYS_request_key,
    sched_setaffinity => SYS_sched_setaffinity, sched_setscheduler => SYS_sched_setscheduler,
    setdomainname => SYS_setdomainname, setgroups => SYS_setgroups, sethostname => SYS_sethostname,
    setns => SYS_setns, setpriority => SYS_setpriority, setsid => SYS_setsid, swapoff => SYS_swapoff,
    swapon => SYS_swapon, syslog => SYS_syslog, umount2 => SYS_umount2, unshare => SYS_unshare,
    userfaultfd => SYS_userfaultfd, vmsplice => SYS_vmsplice,
];
