//! Room in the write-ahead log, made before it is needed.
//!
//! A commit that makes a file longer costs a sync of the file system's own journal beside that of the data, about as much
//! again. So the log is made longer by more than a commit writes. SQLite sees nothing of it: a log ends for it before the
//! first frame whose checksum is wrong, and zeros have none.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::log::path_of;

/// How much room is made: as much as is in use, within these bounds.
const LEAST: u64 = 64 << 10;
const MOST: u64 = 1 << 20;
/// A frame of the log: a page and its head. Where pages have another size, room is made earlier or later.
const FRAME: u64 = 4096 + 24;

/// The write-ahead log of a database.
#[derive(Debug)]
pub(super) struct Room {
    log: PathBuf,
    used: u64,
}

impl Room {
    pub(super) fn new(database: &Path) -> Self {
        Self { log: path_of(database), used: 0 }
    }

    /// Takes note of how many frames the log holds.
    pub(super) fn set_frames(&mut self, frames: i64) {
        self.used = u64::try_from(frames).unwrap_or_default().saturating_mul(FRAME);
    }

    /// Makes the log longer where a commit would. Only within a transaction that writes: all who write, in this process or
    /// another, wait for it, so nobody writes behind the end of the log meanwhile.
    pub(super) fn make(&self) -> io::Result<()> {
        let step = self.used.clamp(LEAST, MOST);
        let end = std::fs::metadata(&self.log)?.len();
        if end >= self.used + step / 4 {
            return Ok(());
        }
        let zeros = vec![0; usize::try_from(step).unwrap_or_default()];
        OpenOptions::new().append(true).open(&self.log)?.write_all(&zeros)
    }
}

#[cfg(test)]
mod tests {
    use super::{FRAME, LEAST, MOST, Room};

    #[test]
    fn room_grows_with_what_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        let log = folder.path().join("a.db-wal");
        let mut room = Room::new(&database);
        assert!(room.make().is_err() && !log.exists(), "it is SQLite's to make");
        std::fs::write(&log, b"x").unwrap();
        let mut length = |frames| {
            room.set_frames(frames);
            room.make().unwrap();
            std::fs::metadata(&log).unwrap().len()
        };
        assert_eq!([length(0), length(10), length(15)], [1 + LEAST, 1 + LEAST, 1 + 2 * LEAST]);
        let used = 1_000 * FRAME;
        std::fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(used).unwrap();
        assert_eq!([length(1_000), length(900)], [used + MOST, used + MOST]);
        assert_eq!(std::fs::read(&log).unwrap()[0], b'x');
    }
}
