//! The filter of system calls: what no command of an agent needs and what has led out of sandboxes before.
//!
//! A list of what is refused, not of what is allowed: commands are any program. It narrows the kernel that is within
//! reach; it is not what keeps files and processes apart.

mod arguments;
mod names;

use std::collections::BTreeMap;
use std::io;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, SeccompRule, TargetArch, sock_filter};

use crate::policy::Isolation;

/// Installs the filters for this process and everything it will start; how many rules there are.
pub(super) fn install(isolation: Isolation) -> io::Result<usize> {
    let mut refused = names::refused();
    refused.extend(arguments::refused(isolation).map_err(io::Error::other)?);
    let unknown = names::unknown();
    let rules =
        [&refused, &unknown].into_iter().flat_map(BTreeMap::values).map(|rules| rules.len().max(1)).sum();
    let programs = [
        program(refused, libc::EPERM)?,
        // Programs have an older call to fall back on when one does not exist.
        program(unknown, libc::ENOSYS)?,
        other_numbers(),
    ];
    for program in programs.iter().filter(|program| !program.is_empty()) {
        seccompiler::apply_filter(program).map_err(io::Error::other)?;
    }
    Ok(rules)
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// A filter that answers these calls with an error; a call of another architecture kills the process.
fn program(rules: Rules, error: i32) -> io::Result<BpfProgram> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    let error = SeccompAction::Errno(error.unsigned_abs());
    let filter =
        SeccompFilter::new(rules, SeccompAction::Allow, error, architecture).map_err(io::Error::other)?;
    filter.try_into().map_err(io::Error::other)
}

/// On x86_64 the same calls have a second set of numbers (x32), which no list of numbers would hold.
fn other_numbers() -> BpfProgram {
    if !cfg!(target_arch = "x86_64") {
        return Vec::new();
    }
    const SECOND_SET: u32 = 0x4000_0000;
    // Codes of linux/bpf_common.h, results of linux/seccomp.h. The number is the first word of the data.
    let (load, at_least, give_back) = (0x20, 0x35, 0x06);
    let (refuse, allow) = (0x0005_0000 | libc::ENOSYS.unsigned_abs(), 0x7fff_0000);
    vec![
        sock_filter { code: load, jt: 0, jf: 0, k: 0 },
        sock_filter { code: at_least, jt: 0, jf: 1, k: SECOND_SET },
        sock_filter { code: give_back, jt: 0, jf: 0, k: refuse },
        sock_filter { code: give_back, jt: 0, jf: 0, k: allow },
    ]
}
