//! An undo log in a folder.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tau_core::SessionId;

use super::content::ContentHash;
use super::error::{UndoError, UndoErrorKind};
use super::log::{Keeping, UndoLimits, UndoLog};
use super::pack::Pack;
use super::record::Record;

const MANIFEST: &str = "manifest.jsonl";
const CONTENTS: &str = "contents";
/// The version of the format that is written, and the newest that is read.
const VERSION: u32 = 1;

/// Records in a folder of the caller's: below it a folder (mode 0700) for each session, with `manifest.jsonl`, a
/// record a line, and `contents`, what they name by its SHA-256 (mode 0600).
///
/// Both files only grow. An append is synced to the disk, contents first. A last line that was torn off is left out.
#[derive(Debug)]
pub struct FolderUndoLog {
    folder: PathBuf,
    limits: UndoLimits,
    open: Mutex<BTreeMap<SessionId, Arc<Mutex<OpenSession>>>>,
}

#[derive(Debug)]
struct OpenSession {
    manifest: File,
    contents: Pack,
}

/// The first line of a manifest.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    tau_undo: u32,
}

impl FolderUndoLog {
    /// A log in a folder, which is made when the first session needs it.
    pub fn new(folder: impl Into<PathBuf>, limits: UndoLimits) -> Self {
        Self { folder: folder.into(), limits, open: Mutex::default() }
    }

    /// Closes the files of a session until they are needed again. A program of many sessions calls it when one ends.
    pub fn release(&self, session: SessionId) {
        lock(&self.open).remove(&session);
    }

    fn folder(&self, session: SessionId) -> PathBuf {
        self.folder.join(session.to_string())
    }

    fn session(&self, session: SessionId) -> io::Result<Arc<Mutex<OpenSession>>> {
        let mut open = lock(&self.open);
        if let Some(known) = open.get(&session) {
            return Ok(Arc::clone(known));
        }
        let opened = Arc::new(Mutex::new(OpenSession::open(&self.folder(session))?));
        open.insert(session, Arc::clone(&opened));
        Ok(opened)
    }
}

impl OpenSession {
    fn open(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let path = folder.join(MANIFEST);
        let whole = match std::fs::read(&path) {
            Ok(text) => whole_lines(&text).len() as u64,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        let mut manifest = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
        manifest.set_len(whole)?;
        if whole == 0 {
            let mut head = serde_json::to_vec(&Head { tau_undo: VERSION })?;
            head.push(b'\n');
            manifest.write_all(&head)?;
        }
        let contents = Pack::open(&folder.join(CONTENTS))?;
        // The names of the files are as much a part of the record as what they hold.
        for made in [Some(folder), folder.parent()].into_iter().flatten() {
            File::open(made)?.sync_all()?;
        }
        Ok(Self { manifest, contents })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The text up to its last line end.
fn whole_lines(text: &[u8]) -> &[u8] {
    &text[..memchr::memrchr(b'\n', text).map_or(0, |end| end + 1)]
}

impl UndoLog for FolderUndoLog {
    fn limits(&self) -> UndoLimits {
        self.limits
    }

    fn keep(&self, session: SessionId, content: &[u8]) -> Result<Keeping, UndoError> {
        let hash = ContentHash::of(content);
        let session = self.session(session).map_err(UndoError::log)?;
        let contents = &mut lock(&session).contents;
        if contents.has(&hash) {
            return Ok(Keeping::Kept);
        }
        if !self.limits.allow(content.len() as u64, contents.held()) {
            return Ok(Keeping::OverLimits);
        }
        contents.add(hash, content).map_err(UndoError::log)?;
        Ok(Keeping::Kept)
    }

    fn append(&self, session: SessionId, records: &[Record]) -> Result<(), UndoError> {
        let append = || -> io::Result<()> {
            let mut lines = Vec::new();
            for record in records {
                serde_json::to_writer(&mut lines, record)?;
                lines.push(b'\n');
            }
            let session = self.session(session)?;
            let mut session = lock(&session);
            session.contents.sync()?;
            session.manifest.write_all(&lines)?;
            session.manifest.sync_data()
        };
        append().map_err(|error| {
            // A line may be there in part: opening the session again cuts it off.
            self.release(session);
            UndoError::log(error)
        })
    }

    fn records(&self, session: SessionId) -> Result<Vec<Record>, UndoError> {
        match std::fs::read(self.folder(session).join(MANIFEST)) {
            Ok(text) => parse(whole_lines(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(UndoError::log(error)),
        }
    }

    fn content(&self, session: SessionId, hash: &ContentHash) -> Result<Vec<u8>, UndoError> {
        let session = self.session(session).map_err(UndoError::log)?;
        let content = lock(&session).contents.get(hash).map_err(UndoError::log)?;
        content.ok_or_else(|| {
            UndoError::new(UndoErrorKind::Corrupt, "a content is missing from the log, or damaged")
        })
    }

    fn forget(&self, session: SessionId) -> Result<(), UndoError> {
        self.release(session);
        match std::fs::remove_dir_all(self.folder(session)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(UndoError::log(error)),
            _ => Ok(()),
        }
    }
}

fn parse(text: &[u8]) -> Result<Vec<Record>, UndoError> {
    let corrupt = |problem: String| UndoError::new(UndoErrorKind::Corrupt, problem);
    let mut lines = text.split_inclusive(|byte| *byte == b'\n').enumerate();
    let Some((_, head)) = lines.next() else { return Ok(Vec::new()) };
    let head: Head =
        serde_json::from_slice(head).map_err(|error| corrupt(format!("the undo log is not one: {error}")))?;
    if head.tau_undo > VERSION {
        let version = head.tau_undo;
        return Err(corrupt(format!("the undo log has version {version}; this program reads {VERSION}")));
    }
    let read = |(index, line): (usize, &[u8])| {
        serde_json::from_slice(line)
            .map_err(|error| corrupt(format!("line {} of the undo log is damaged: {error}", index + 1)))
    };
    lines.map(read).collect()
}
