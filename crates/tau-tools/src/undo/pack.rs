//! Contents by their hash, in one file that only grows.
//!
//! One file, because a first scan keeps thousands of small contents at once: each in a file of its own would cost
//! thousands of syncs of the disk, and this costs one. An entry is a line of hash and length, the content, and a line
//! end. What stands after the last whole entry is what a program that died had begun, and is cut off.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::content::ContentHash;

/// A longer line is no head of an entry.
const HEAD: u64 = 96;

/// An open file of contents.
#[derive(Debug)]
pub(super) struct Pack {
    file: File,
    /// Where each content starts, and its length.
    index: BTreeMap<ContentHash, (u64, u64)>,
    /// The end of the last whole entry.
    end: u64,
    /// The bytes of all contents.
    held: u64,
    is_synced: bool,
}

impl Pack {
    /// Opens the file at a path, or makes it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut pack = Self { file, index: BTreeMap::new(), end: 0, held: 0, is_synced: true };
        pack.read_index()?;
        pack.file.set_len(pack.end)?;
        Ok(pack)
    }

    fn read_index(&mut self) -> io::Result<()> {
        let total = self.file.metadata()?.len();
        let mut reader = BufReader::new(&self.file);
        loop {
            let mut head = Vec::new();
            let read = (&mut reader).take(HEAD).read_until(b'\n', &mut head)? as u64;
            let Some((hash, len)) = entry_head(&head) else { return Ok(()) };
            let start = self.end + read;
            let Some(end) = start.checked_add(len).and_then(|end| end.checked_add(1)) else { return Ok(()) };
            if end > total {
                return Ok(());
            }
            let skip = i64::try_from(len + 1).map_err(io::Error::other)?;
            reader.seek_relative(skip)?;
            self.index.insert(hash, (start, len));
            (self.end, self.held) = (end, self.held + len);
        }
    }

    pub(super) fn has(&self, hash: &ContentHash) -> bool {
        self.index.contains_key(hash)
    }

    pub(super) const fn held(&self) -> u64 {
        self.held
    }

    pub(super) fn add(&mut self, hash: ContentHash, content: &[u8]) -> io::Result<()> {
        let head = format!("{} {}\n", hash.as_str(), content.len());
        let len = content.len() as u64;
        let mut entry = Vec::with_capacity(head.len() + content.len() + 1);
        entry.extend_from_slice(head.as_bytes());
        entry.extend_from_slice(content);
        entry.push(b'\n');
        self.is_synced = false;
        // At the end by name: an entry that could only be written in part is written over by the next one.
        self.file.write_all_at(&entry, self.end)?;
        self.index.insert(hash, (self.end + head.len() as u64, len));
        (self.end, self.held) = (self.end + entry.len() as u64, self.held + len);
        Ok(())
    }

    /// The content, if it is there and is what it was.
    pub(super) fn get(&self, hash: &ContentHash) -> io::Result<Option<Vec<u8>>> {
        let Some((start, len)) = self.index.get(hash) else { return Ok(None) };
        let mut content = vec![0; usize::try_from(*len).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut content, *start)?;
        Ok((ContentHash::of(&content) == *hash).then_some(content))
    }

    pub(super) fn sync(&mut self) -> io::Result<()> {
        if !self.is_synced {
            self.file.sync_data()?;
            self.is_synced = true;
        }
        Ok(())
    }
}

fn entry_head(line: &[u8]) -> Option<(ContentHash, u64)> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (hash, len) = line.split_once(' ')?;
    Some((ContentHash::parse(hash)?, len.parse().ok()?))
}
