//! The write-ahead log as it lies on the disk. The format is documented at <https://www.sqlite.org/walformat.html>.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

/// Bytes of the header of the log.
const HEADER: usize = 32;
/// Bytes of the header of a frame, which a page follows.
const FRAME: usize = 24;

/// The log beside a database.
pub(super) fn path_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

/// How many bytes at the end of the log belong to no finished commit. SQLite passes over them.
///
/// A process that ended in the middle of a commit leaves such a tail, and nothing in it was acknowledged. So does a copy
/// that was cut off; then it was.
///
/// Only an estimate while somebody writes. A log that cannot be read, or is none, has no tail.
pub(super) fn torn_bytes(database: &Path) -> u64 {
    File::open(path_of(database)).ok().and_then(|file| scan(BufReader::new(file))).unwrap_or(0)
}

/// Walks over the frames, as SQLite does when it recovers a log.
fn scan(mut log: BufReader<File>) -> Option<u64> {
    let header: [u8; HEADER] = match read(&mut log, HEADER)?.try_into() {
        Ok(header) => header,
        // It was being begun.
        Err(part) => return Some(part.len() as u64),
    };
    let word = |bytes: &[u8], at: usize| -> Option<u32> {
        Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    };
    // The last bit of the first word says in which order of bytes sums are made.
    let order = if word(&header, 0)? & 1 == 1 { u32::from_be_bytes } else { u32::from_le_bytes };
    let page = usize::try_from(word(&header, 8)?).ok().filter(|page| (512..=65_536).contains(page))?;
    let salt = header.get(16..24)?;
    let mut sum = add([0, 0], header.get(..24)?, order);
    let mut torn = 0;
    loop {
        let frame = read(&mut log, FRAME + page)?;
        let is_room = frame.iter().all(|byte| *byte == 0);
        if is_room || frame.get(8..16).is_some_and(|found| found != salt) {
            // Nothing yet, or of an earlier round: the log is written from its beginning again and again.
            return Some(torn);
        }
        torn += frame.len() as u64;
        if frame.len() < FRAME + page {
            return Some(torn);
        }
        sum = add(add(sum, frame.get(..8)?, order), frame.get(FRAME..)?, order);
        let is_whole = [word(&frame, 16)?, word(&frame, 20)?] == sum;
        if !is_whole {
            // What follows cannot be told from an earlier round any more.
            return Some(torn);
        }
        if word(&frame, 4)? != 0 {
            // The last frame of a commit.
            torn = 0;
        }
    }
}

/// So many bytes, or what is left of them.
fn read(log: &mut BufReader<File>, bytes: usize) -> Option<Vec<u8>> {
    let mut buffer = Vec::with_capacity(bytes);
    log.take(bytes as u64).read_to_end(&mut buffer).ok()?;
    Some(buffer)
}

/// The sum goes on over these bytes.
fn add([mut first, mut second]: [u32; 2], bytes: &[u8], order: fn([u8; 4]) -> u32) -> [u32; 2] {
    for pair in bytes.as_chunks::<4>().0.as_chunks::<2>().0 {
        first = first.wrapping_add(order(pair[0])).wrapping_add(second);
        second = second.wrapping_add(order(pair[1])).wrapping_add(first);
    }
    [first, second]
}
