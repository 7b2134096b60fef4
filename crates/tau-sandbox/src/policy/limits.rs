//! What commands may use up.

use serde::{Deserialize, Serialize};

/// What commands may use up. `None` is no limit beyond the caller's own.
///
/// Memory and processes count for the session where a cgroup can be had. Elsewhere processes still count for the session
/// of an ordinary user, and memory for each process; a [`Report`](crate::Report) says which it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of memory, private files of `/tmp` included where a cgroup can be had. Default: 4 GiB.
    pub memory_bytes: Option<u64>,
    /// Processes and threads at a time. Default: 1024.
    pub processes: Option<u64>,
    /// Seconds of processor time of each process. Default: one hour.
    pub cpu_seconds: Option<u64>,
    /// Bytes of one file. Default: 8 GiB.
    pub file_bytes: Option<u64>,
    /// Open files of each process. Default: 4096.
    pub open_files: Option<u64>,
    /// Bytes that `/tmp` and `/dev/shm` hold, each. Default: 1 GiB.
    pub temporary_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: Some(4 << 30),
            processes: Some(1024),
            cpu_seconds: Some(3600),
            file_bytes: Some(8 << 30),
            open_files: Some(4096),
            temporary_bytes: 1 << 30,
        }
    }
}
