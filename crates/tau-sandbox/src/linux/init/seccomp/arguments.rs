//! System calls that are refused with certain arguments.

use seccompiler::SeccompCmpArgLen::Dword;
use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};
use seccompiler::{Error, SeccompCmpOp, SeccompCondition, SeccompRule};

use super::Rules;
use crate::policy::Isolation;

/// Set-user-id and set-group-id: a file in the workspace that has one is a door on the *host*.
const SET_ID: [u32; 2] = [libc::S_ISUID, libc::S_ISGID];
/// Every flag of a namespace (linux/sched.h). CLONE_NEWTIME is no flag of clone.
const NAMESPACES: [i32; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];
/// Input for the terminal, other line disciplines, the console (asm-generic/ioctls.h, linux/tiocl.h).
const TERMINAL: [u64; 4] = [0x5412, 0x5423, 0x541c, 0x541d];
/// Native, without address randomisation, 32 bit on 64 bit, and the question which it is.
const PERSONALITIES: [u64; 4] = [0, 0x0004_0000, 0x0008, 0xffff_ffff];
const NETLINK_ROUTE: u64 = 0;
/// The oldest way to raw packets; deprecated and still there.
const SOCK_PACKET: i32 = 10;
/// The kind of a socket is in these bits, flags above them.
const KIND: u64 = 0xf;

pub(super) fn refused(isolation: Isolation) -> Result<Rules, Error> {
    let mut rules = Rules::new();
    for flag in NAMESPACES {
        add(&mut rules, libc::SYS_clone, &[has(0, flag.unsigned_abs())])?;
    }
    // Only the low half counts for the kernel, so only that is compared.
    for request in TERMINAL {
        add(&mut rules, libc::SYS_ioctl, &[(1, Eq, request)])?;
    }
    add(&mut rules, libc::SYS_personality, &PERSONALITIES.map(|value| (0, Ne, value)))?;
    // Limits of another process, the init's among them.
    add(&mut rules, libc::SYS_prlimit64, &[(0, Ne, 0)])?;
    for bit in SET_ID {
        modes(&mut rules, bit)?;
    }
    sockets(&mut rules, isolation)?;
    Ok(rules)
}

fn modes(rules: &mut Rules, bit: u32) -> Result<(), Error> {
    let set = |argument| has(argument, bit);
    for (call, argument) in [
        (libc::SYS_fchmod, 1),
        (libc::SYS_fchmodat, 2),
        (FCHMODAT2, 2),
        (libc::SYS_mknodat, 2),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_chmod, 1),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_creat, 1),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_mknod, 1),
    ] {
        add(rules, call, &[set(argument)])?;
    }
    // Without one of these flags there is no mode, and the register holds anything.
    for flag in [libc::O_CREAT, libc::O_TMPFILE & !libc::O_DIRECTORY] {
        let flag = flag.unsigned_abs();
        add(rules, libc::SYS_openat, &[has(2, flag), set(3)])?;
        #[cfg(target_arch = "x86_64")]
        add(rules, libc::SYS_open, &[has(1, flag), set(2)])?;
    }
    Ok(())
}

/// One number on all architectures, since Linux 6.6.
const FCHMODAT2: i64 = 452;

/// Sockets of kinds that a namespace does not hold (vsock reaches the hypervisor), or that are rarely used and often
/// broken. Addresses and routes of the own namespace may be asked for: programs list the network's devices.
fn sockets(rules: &mut Rules, isolation: Isolation) -> Result<(), Error> {
    let family = |family: i32| (0, Ne, u64::from(family.unsigned_abs()));
    let is = |family: i32| (0, Eq, u64::from(family.unsigned_abs()));
    let kind = |kind: i32| (1, MaskedEq(KIND), u64::from(kind.unsigned_abs()));
    match isolation {
        Isolation::Namespaces | Isolation::Bubblewrap => {
            let known = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK].map(family);
            add(rules, libc::SYS_socket, &known)?;
            add(rules, libc::SYS_socket, &[is(libc::AF_NETLINK), (2, Ne, NETLINK_ROUTE)])?;
            for inet in [libc::AF_INET, libc::AF_INET6] {
                for raw in [libc::SOCK_RAW, SOCK_PACKET] {
                    add(rules, libc::SYS_socket, &[is(inet), kind(raw)])?;
                }
            }
        }
        // The network of the host is there, so it is closed here.
        Isolation::LandlockOnly => add(rules, libc::SYS_socket, &[family(libc::AF_UNIX)])?,
    }
    add(rules, libc::SYS_socketpair, &[family(libc::AF_UNIX)])
}

type Condition = (u8, SeccompCmpOp, u64);

fn has(argument: u8, bit: u32) -> Condition {
    (argument, MaskedEq(bit.into()), bit.into())
}

fn add(rules: &mut Rules, call: i64, conditions: &[Condition]) -> Result<(), Error> {
    let conditions = conditions
        .iter()
        .map(|(argument, operator, value)| SeccompCondition::new(*argument, Dword, operator.clone(), *value))
        .collect::<Result<_, _>>()?;
    let rule = SeccompRule::new(conditions)?;
    rules.entry(call).or_default().push(rule);
    Ok(())
}
