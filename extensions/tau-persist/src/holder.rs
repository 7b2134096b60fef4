//! Who holds a lease: a process of this machine, named so that others can tell whether it is gone.

mod process;

use std::fmt;

use crate::error::{StoreError, StoreErrorKind};
use crate::store::{Lease, OpenSession, Store};
use process::Process;

/// A longer label is cut, so that the whole name stays within what a lease takes.
const MAX_LABEL: usize = 100;

/// The name of a holder of leases, for [`OpenSession::holder`](crate::OpenSession::holder).
///
/// A lease ends when its time is over, and until then its session is refused to others, even if the process that took
/// it has crashed. A name that says which process it is lets them look. Two holders in one process need two labels.
///
/// As text it is the label, and behind it the process in brackets; any other text is a label alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    label: String,
    process: Option<Process>,
}

/// What can be known of a process from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Liveness {
    /// It runs.
    Running,
    /// It has certainly ended: whatever it held may be taken.
    Gone,
    /// That cannot be told: it ran on another machine, before the last start of this one, in another container, or
    /// this system does not say. Its lease has to run out.
    Unknown,
}

impl Holder {
    /// This process. Where the system does not tell what is needed (it does on Linux), it is the label alone.
    ///
    /// The label is for people, for example the name of the program; of a long one the first 100 bytes are kept.
    pub fn this_process(label: impl Into<String>) -> Self {
        let mut label: String = label.into();
        label.truncate(label.floor_char_boundary(MAX_LABEL));
        Self { label, process: Process::current() }
    }

    /// Reads what a lease names as its holder.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let parts = text.strip_suffix(']').and_then(|text| text.rsplit_once(" ["));
        match parts.and_then(|(label, process)| Some((label, Process::parse(process)?))) {
            Some((label, process)) => Self { label: label.to_owned(), process: Some(process) },
            None => Self { label: text.to_owned(), process: None },
        }
    }

    /// What it is called.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The id of its process, as its own machine counts them.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.id)
    }

    /// Whether its process still runs, as far as that can be told from here, now.
    #[must_use]
    pub fn liveness(&self) -> Liveness {
        self.process.as_ref().map_or(Liveness::Unknown, Process::liveness)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.process {
            Some(process) => write!(f, "{} [{process}]", self.label),
            None => f.write_str(&self.label),
        }
    }
}

impl From<Holder> for String {
    fn from(holder: Holder) -> Self {
        holder.to_string()
    }
}

/// Opens a session that is free, or whose [`Holder`] is a process that has certainly ended.
///
/// If several do so at once, one of them gets it.
///
/// # Errors
/// Those of [`Store::open_session`]: `Leased` if its holder runs, or if nobody can tell; `Conflict` if somebody else
/// was faster.
pub async fn take_session(store: &dyn Store, request: OpenSession) -> Result<Lease, StoreError> {
    let error = match store.open_session(request.clone()).await {
        Ok(lease) => return Ok(lease),
        Err(error) => error,
    };
    match error.kind() {
        StoreErrorKind::Leased { holder, epoch, .. }
            if Holder::parse(holder).liveness() == Liveness::Gone =>
        {
            store.open_session(request.take_over(*epoch)).await
        }
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{Holder, Liveness, MAX_LABEL};

    #[test]
    fn a_name_is_read_as_it_was_written() {
        for label in ["tau", "", "a [b] c]", "tau [pid 1]", &"é".repeat(500)] {
            let holder = Holder::this_process(label);
            assert_eq!(Holder::parse(&holder.to_string()), holder);
            assert!(label.starts_with(holder.label()) && holder.label().len() <= MAX_LABEL, "{holder}");
            assert!((1..=256).contains(&holder.to_string().len()) || !cfg!(target_os = "linux"), "{holder}");
        }
        for text in ["", "first", "tau [", "tau [pid 1]", "[pid x, start 1, boot b, in 1/2]", "]"] {
            let holder = Holder::parse(text);
            assert_eq!((holder.label(), holder.process_id()), (text, None));
            assert_eq!(holder.to_string(), text);
            assert_eq!(holder.liveness(), Liveness::Unknown);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_runs_and_none_like_it_does() {
        let this = Holder::this_process("tau");
        assert_eq!((this.liveness(), this.process_id()), (Liveness::Running, Some(std::process::id())));
        let text = this.to_string();
        let change = |from: &str, to: &str| {
            let changed = text.replace(from, to);
            assert_ne!(changed, text);
            Holder::parse(&changed).liveness()
        };
        // The number was given to another process since.
        assert_eq!(change(", start ", ", start 1"), Liveness::Gone);
        // No such process; no id is that large.
        assert_eq!(change(&format!("pid {}", std::process::id()), "pid 1999999999"), Liveness::Gone);
        assert_eq!(change("pid ", "pid -"), Liveness::Unknown);
        assert_eq!(change(&format!("pid {}", std::process::id()), "pid 0"), Liveness::Unknown);
        // Elsewhere, or in another container.
        assert_eq!(change("boot ", "boot 0"), Liveness::Unknown);
        assert_eq!(change(", in ", ", in 1"), Liveness::Unknown);
        assert_eq!(change("/", "/1"), Liveness::Unknown);
    }
}
