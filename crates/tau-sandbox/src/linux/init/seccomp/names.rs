//! System calls that are refused whatever their arguments.

use super::Rules;

/// Numbers that the C library's bindings do not have on every architecture. Since Linux 5.1 a new call has one number
/// on all of them (asm-generic/unistd.h).
mod number {
    pub(super) const STATMOUNT: i64 = 457;
    pub(super) const LISTMOUNT: i64 = 458;
    pub(super) const LSM_SET_SELF_ATTR: i64 = 460;
    pub(super) const OPEN_TREE_ATTR: i64 = 467;
}

/// Refused on every architecture, by what they would reach.
const REFUSED: &[(&str, &[i64])] = &[
    (
        "mounts",
        &[
            libc::SYS_mount,
            libc::SYS_umount2,
            libc::SYS_pivot_root,
            libc::SYS_chroot,
            libc::SYS_open_tree,
            libc::SYS_move_mount,
            libc::SYS_fsopen,
            libc::SYS_fsconfig,
            libc::SYS_fsmount,
            libc::SYS_fspick,
            libc::SYS_mount_setattr,
            number::OPEN_TREE_ATTR,
            number::STATMOUNT,
            number::LISTMOUNT,
        ],
    ),
    ("namespaces", &[libc::SYS_unshare, libc::SYS_setns]),
    (
        "other processes",
        &[
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            libc::SYS_process_vm_writev,
            libc::SYS_pidfd_getfd,
            libc::SYS_process_madvise,
            libc::SYS_kcmp,
            libc::SYS_migrate_pages,
            libc::SYS_move_pages,
        ],
    ),
    ("keys", &[libc::SYS_add_key, libc::SYS_request_key, libc::SYS_keyctl]),
    (
        "large parts of the kernel that are known for holes",
        &[
            libc::SYS_bpf,
            libc::SYS_userfaultfd,
            libc::SYS_perf_event_open,
            libc::SYS_io_uring_setup,
            libc::SYS_io_uring_enter,
            libc::SYS_io_uring_register,
            libc::SYS_fanotify_init,
            libc::SYS_fanotify_mark,
            libc::SYS_lookup_dcookie,
            libc::SYS_quotactl,
            libc::SYS_quotactl_fd,
            libc::SYS_nfsservctl,
            libc::SYS_vmsplice,
        ],
    ),
    ("files by handle, past every path", &[libc::SYS_open_by_handle_at, libc::SYS_name_to_handle_at]),
    (
        "the machine",
        &[
            libc::SYS_reboot,
            libc::SYS_kexec_load,
            libc::SYS_kexec_file_load,
            libc::SYS_init_module,
            libc::SYS_finit_module,
            libc::SYS_delete_module,
            libc::SYS_swapon,
            libc::SYS_swapoff,
            libc::SYS_acct,
            libc::SYS_syslog,
            libc::SYS_settimeofday,
            libc::SYS_clock_settime,
            libc::SYS_clock_adjtime,
            libc::SYS_adjtimex,
            libc::SYS_sethostname,
            libc::SYS_setdomainname,
            libc::SYS_vhangup,
            number::LSM_SET_SELF_ATTR,
        ],
    ),
];

#[cfg(target_arch = "x86_64")]
const OF_ARCHITECTURE: &[i64] = &[
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
    libc::SYS__sysctl,
    libc::SYS_ustat,
    libc::SYS_sysfs,
];

#[cfg(target_arch = "aarch64")]
const OF_ARCHITECTURE: &[i64] = &[];

/// Calls whose arguments lie in memory, where no filter can read them; each has an older one that can be read.
const UNKNOWN: [i64; 2] = [libc::SYS_clone3, libc::SYS_openat2];

pub(super) fn refused() -> Rules {
    let all = REFUSED.iter().flat_map(|(_, calls)| *calls).chain(OF_ARCHITECTURE);
    all.map(|call| (*call, Vec::new())).collect()
}

pub(super) fn unknown() -> Rules {
    UNKNOWN.map(|call| (call, Vec::new())).into()
}
