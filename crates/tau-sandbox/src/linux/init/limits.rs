//! Limits of each process, for what no control group counts.

use crate::Accounting;
use crate::policy::Limits;

/// The limits that every command begins with, as resource and value. Memory is counted as private writable memory: what
/// programs only reserve (as Node, Go and Java do) is no use of it.
pub(super) fn of_a_process(limits: &Limits) -> Vec<(u32, u64)> {
    let given = [
        (libc::RLIMIT_DATA, limits.memory_bytes),
        (libc::RLIMIT_NPROC, limits.processes),
        (libc::RLIMIT_CPU, limits.cpu_seconds),
        (libc::RLIMIT_FSIZE, limits.file_bytes),
        (libc::RLIMIT_NOFILE, limits.open_files),
    ];
    let fixed = [(libc::RLIMIT_CORE, 0), (libc::RLIMIT_RTPRIO, 0), (libc::RLIMIT_MEMLOCK, 8 << 20)];
    let given = given.into_iter().filter_map(|(resource, value)| Some((resource, value?)));
    given.chain(fixed).map(|(resource, value)| (resource, bounded(resource, value))).collect()
}

/// No more than the caller's own limit, which cannot be raised.
fn bounded(resource: libc::__rlimit_resource_t, value: u64) -> u64 {
    let own = match resource {
        libc::RLIMIT_DATA => rustix::process::Resource::Data,
        libc::RLIMIT_NPROC => rustix::process::Resource::Nproc,
        libc::RLIMIT_CPU => rustix::process::Resource::Cpu,
        libc::RLIMIT_FSIZE => rustix::process::Resource::Fsize,
        libc::RLIMIT_NOFILE => rustix::process::Resource::Nofile,
        libc::RLIMIT_MEMLOCK => rustix::process::Resource::Memlock,
        _ => return value,
    };
    rustix::process::getrlimit(own).maximum.map_or(value, |maximum| value.min(maximum))
}

pub(super) fn weakness(accounting: Accounting) -> Option<String> {
    match accounting {
        Accounting::ProcessLimits if rustix::process::geteuid().is_root() => Some(
            "no control group: memory is limited for each process, and processes of root are not limited"
                .to_owned(),
        ),
        Accounting::ProcessLimits => {
            Some("no control group: memory is limited for each process, not for the session".to_owned())
        }
        _ => None,
    }
}
