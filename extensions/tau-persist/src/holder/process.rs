//! A process, told from every other one that ever ran on a machine.

use std::fmt;

use super::Liveness;

/// A process id is given again after a while; together with when the process started it is not. Both mean something
/// only on the machine, since its last start, and in the namespaces in which they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: u32,
    /// In ticks of the kernel since it was started.
    start: u64,
    place: Place,
}

/// Where process ids mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// Made anew at each start of the machine.
    boot: String,
    /// The namespace of process ids: containers have their own.
    ids: u64,
    /// The namespace of clocks, on which the time of the start depends.
    clocks: u64,
}

impl Process {
    pub(super) fn current() -> Option<Self> {
        let id = std::process::id();
        Some(Self { id, start: stat(id)?.start, place: Place::current()? })
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let [id, start, boot, namespaces] = text.split(", ").collect::<Vec<_>>().try_into().ok()?;
        let (ids, clocks) = namespaces.strip_prefix("in ")?.split_once('/')?;
        Some(Self {
            id: id.strip_prefix("pid ")?.parse().ok().filter(|id| *id > 0)?,
            start: start.strip_prefix("start ")?.parse().ok()?,
            place: Place {
                boot: boot.strip_prefix("boot ")?.to_owned(),
                ids: ids.parse().ok()?,
                clocks: clocks.parse().ok()?,
            },
        })
    }

    pub(super) fn liveness(&self) -> Liveness {
        if Place::current().as_ref() != Some(&self.place) {
            return Liveness::Unknown;
        }
        match stat(self.id) {
            // Another process has its number now.
            Some(found) if found.start != self.start => Liveness::Gone,
            Some(found) if found.has_ended => Liveness::Gone,
            Some(_) => Liveness::Running,
            // The system may hide the processes of others; it does not hide that they exist.
            None if is_free(self.id) => Liveness::Gone,
            None => Liveness::Unknown,
        }
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { boot, ids, clocks } = &self.place;
        write!(f, "pid {}, start {}, boot {boot}, in {ids}/{clocks}", self.id, self.start)
    }
}

/// What the system says of a process.
struct Stat {
    start: u64,
    /// It has ended, and its parent has not asked for its result yet.
    has_ended: bool,
}

/// Reads `/proc/<id>/stat`; the fields are those of proc_pid_stat(5).
fn stat(id: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The second field, a name in parentheses, may hold anything.
    let (_, rest) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let field = |number: usize| fields.get(number - 3).copied();
    // The first thread can end before the others; as long as there are others, the process goes on.
    let is_last = field(20)?.parse::<u64>().ok()? <= 1;
    Some(Stat { start: field(22)?.parse().ok()?, has_ended: is_last && matches!(field(3)?, "Z" | "X") })
}

impl Place {
    fn current() -> Option<Self> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let boot = boot.trim().to_owned();
        let is_id = (1..=64).contains(&boot.len())
            && boot.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_id.then_some(Self { boot, ids: namespace("pid")?, clocks: namespace("time").unwrap_or(0) })
    }
}

/// The number of one of our namespaces, out of a link such as `pid:[4026531836]`.
fn namespace(kind: &str) -> Option<u64> {
    let link = std::fs::read_link(format!("/proc/self/ns/{kind}")).ok()?;
    let number = link.to_str()?.strip_prefix(kind)?.strip_prefix(":[")?.strip_suffix(']')?;
    number.parse().ok()
}

/// Whether no process has that number.
#[cfg(unix)]
fn is_free(id: u32) -> bool {
    let id = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw);
    id.is_some_and(|id| rustix::process::test_kill_process(id) == Err(rustix::io::Errno::SRCH))
}

#[cfg(not(unix))]
const fn is_free(_id: u32) -> bool {
    false
}
