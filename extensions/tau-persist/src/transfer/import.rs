//! Reading a session in.

use std::io::{BufRead, Seek, SeekFrom};

use tau_proto::runtime::v1::Event;

use super::error::{TransferError, TransferErrorKind};
use super::lines::{FORMAT, Header, Lines, Trailer, VERSION};
use crate::chain::Chain;
use crate::error::{StoreError, StoreErrorKind};
use crate::hash::event_hash;
use crate::id::SessionId;
use crate::store::{Append, Position, ReadEvents, Store};

/// At most so many events in one append.
const APPEND_EVENTS: usize = 500;
/// And about so many bytes.
const APPEND_BYTES: usize = 4 << 20;

/// Reads a session that was written by [`export_session`](super::export_session) into a store. Reading blocks.
///
/// The file is read several times: nothing of it is stored before all of it was found whole. A session that the store holds
/// already is continued if the file begins with it, and refused otherwise; so an import that was interrupted is
/// completed by doing it again. A session that somebody has open under a newer epoch than the file's is `Fenced`.
///
/// # Errors
/// When the file is no export, damaged, or cut off; when the session differs from what is held; when the store fails.
pub async fn import_session<R: BufRead + Seek + Send>(
    store: &dyn Store,
    mut input: R,
) -> Result<(SessionId, Position), TransferError> {
    let start = input.stream_position()?;
    let File { session, end, fault, .. } = check(&mut input, 0)?;
    if let Some(fault) = fault {
        return Err(fault);
    }
    store_events(store, &mut input, start, &session, end).await?;
    Ok((session, end))
}

/// Reads what can be read of a damaged export: the events before the first line at fault. Otherwise as
/// [`import_session`], which stores nothing of such a file.
///
/// # Errors
/// When not even the first event can be read; and as [`import_session`].
pub async fn salvage_session<R: BufRead + Seek + Send>(
    store: &dyn Store,
    mut input: R,
) -> Result<Salvage, TransferError> {
    let start = input.stream_position()?;
    let File { session, end, fault, .. } = check(&mut input, 0)?;
    match fault {
        Some(fault) if end.seq == 0 => return Err(fault),
        _ => store_events(store, &mut input, start, &session, end).await?,
    }
    Ok(Salvage { session, end, fault })
}

/// What was read of an export that may be damaged.
#[derive(Debug)]
#[non_exhaustive]
pub struct Salvage {
    /// The session.
    pub session: SessionId,
    /// The last event that was read.
    pub end: Position,
    /// What is wrong with the file, and on which line; `None` if it is whole.
    pub fault: Option<TransferError>,
}

/// Stores the events of a file up to `end` that are not held.
async fn store_events<R: BufRead + Seek + Send>(
    store: &dyn Store,
    input: &mut R,
    start: u64,
    session: &SessionId,
    end: Position,
) -> Result<(), TransferError> {
    let held = store.head(session).await?.unwrap_or_default();
    input.seek(SeekFrom::Start(start))?;
    let common = check(input, held.seq)?.at;
    compare(store, session, held, common).await?;
    input.seek(SeekFrom::Start(start))?;
    append(store, &mut Lines::new(input), common.seq, end.seq).await
}

/// Whether the store holds the same event at the last position that both have.
async fn compare(
    store: &dyn Store,
    session: &SessionId,
    held: Position,
    common: Position,
) -> Result<(), StoreError> {
    let mut found = held;
    if common.seq > 0 && common.seq < held.seq {
        let request = ReadEvents::after(session.clone(), common.seq - 1).with_max_events(1);
        let events = store.read(request).await?;
        found.hash = events.first().map(event_hash).unwrap_or_default();
        found.seq = common.seq;
    }
    // Each hash covers everything before it.
    if common.seq == 0 || found.hash == common.hash {
        return Ok(());
    }
    let kind = StoreErrorKind::Conflict { expected: common, found };
    Err(StoreError::new(kind).in_session(session).at(common.seq))
}

/// Appends the events after `held`.
async fn append(
    store: &dyn Store,
    lines: &mut Lines<impl BufRead>,
    held: u64,
    end: u64,
) -> Result<(), TransferError> {
    lines.next()?;
    let mut events: Vec<Event> = Vec::new();
    let mut bytes = 0;
    let mut at = 0;
    while at < end {
        // It was whole a moment ago.
        let Some((number, line)) = lines.next()? else { return Err(truncated(lines)) };
        let event: Event = parse(line, number)?;
        at += 1;
        if event.seq <= held {
            continue;
        }
        // An append is of one epoch.
        let is_other = events.last().is_some_and(|last| last.epoch != event.epoch);
        if is_other || events.len() >= APPEND_EVENTS || bytes >= APPEND_BYTES {
            store.append(Append::new(std::mem::take(&mut events))).await?;
            bytes = 0;
        }
        bytes += event.body.len();
        events.push(event);
    }
    if !events.is_empty() {
        store.append(Append::new(events)).await?;
    }
    Ok(())
}

/// What a file holds.
struct File {
    session: SessionId,
    /// The last event that follows the one before.
    end: Position,
    /// The position asked for, or the end if that is before it.
    at: Position,
    /// What is wrong after the end.
    fault: Option<TransferError>,
}

/// Reads the whole file and stores nothing.
fn check(input: &mut impl BufRead, seq: u64) -> Result<File, TransferError> {
    let mut lines = Lines::new(input);
    let session = read_header(&mut lines)?;
    let mut chain = Chain::new(session.clone());
    let mut at = chain.at();
    let fault = match walk(&mut lines, &mut chain, &mut at, seq) {
        Err(error) if error.kind() == TransferErrorKind::Io => return Err(error),
        walked => walked.err(),
    };
    Ok(File { session, end: chain.at(), at, fault })
}

/// Follows the chain to the last line.
fn walk(
    lines: &mut Lines<impl BufRead>,
    chain: &mut Chain,
    at: &mut Position,
    seq: u64,
) -> Result<(), TransferError> {
    loop {
        let Some((number, line)) = lines.next()? else { return Err(truncated(lines)) };
        // An event has no field `end`, and a trailer has no other.
        if let Ok(Trailer { end }) = serde_json::from_slice(line) {
            let is_end = end.seq == chain.at().seq && end.hash == chain.at().hash.to_string();
            let is_last = lines.next()?.is_none();
            if is_end && is_last {
                return Ok(());
            }
            return Err(TransferError::new(TransferErrorKind::Broken).at_line(number));
        }
        let event: Event = parse(line, number)?;
        chain.follow(&event).map_err(|error| {
            TransferError::new(TransferErrorKind::Broken).at_line(number).with_source(error)
        })?;
        if event.seq <= seq {
            *at = chain.at();
        }
    }
}

fn read_header(lines: &mut Lines<impl BufRead>) -> Result<SessionId, TransferError> {
    let not_an_export = || TransferError::new(TransferErrorKind::NotAnExport).at_line(1);
    let line = lines.next().map_err(|error| match error.kind() {
        TransferErrorKind::Truncated => not_an_export(),
        _ => error,
    })?;
    let line = line.map_or_else(Default::default, |(_, line)| line);
    let header: Header = serde_json::from_slice(line).map_err(|error| not_an_export().with_source(error))?;
    if header.format != FORMAT || header.version == 0 {
        return Err(not_an_export());
    }
    if header.version > VERSION {
        return Err(TransferError::new(TransferErrorKind::NewerFormat).at_line(1));
    }
    SessionId::new(header.session).map_err(|error| not_an_export().with_source(error))
}

fn parse(line: &[u8], number: u64) -> Result<Event, TransferError> {
    let malformed =
        |error| TransferError::new(TransferErrorKind::Malformed).at_line(number).with_source(error);
    serde_json::from_slice(line).map_err(malformed)
}

fn truncated(lines: &Lines<impl BufRead>) -> TransferError {
    TransferError::new(TransferErrorKind::Truncated).at_line(lines.number())
}
