//! Writing a session out.

use std::io::Write;

use serde::Serialize;
use tau_proto::runtime::v1::Event;

use super::error::TransferError;
use super::lines::{End, FORMAT, Header, Trailer, VERSION};
use crate::chain::Chain;
use crate::error::{StoreError, StoreErrorKind};
use crate::id::SessionId;
use crate::store::{Position, ReadEvents, Store};

/// Writes a session as JSON Lines, from its first event to what was its head when this began, and checks its chain on
/// the way. Writing blocks.
///
/// # Errors
/// When the session does not exist or is damaged, when the store or the output fail. What was written by then lacks its
/// last line, so that nobody takes it for the whole.
pub async fn export_session(
    store: &dyn Store,
    session: &SessionId,
    output: &mut (dyn Write + Send),
) -> Result<Position, TransferError> {
    let Some(head) = store.head(session).await? else {
        return Err(StoreError::new(StoreErrorKind::NotFound).in_session(session).into());
    };
    let mut export = Export::begin(session, output)?;
    while export.chain.at().seq < head.seq {
        let after = export.chain.at().seq;
        let left = usize::try_from(head.seq - after).unwrap_or(usize::MAX);
        let page = ReadEvents::after(session.clone(), after).with_max_events(left.min(1_000));
        let events = store.read(page).await?;
        if events.is_empty() {
            let missing = StoreErrorKind::Corrupt(crate::error::Damage::MissingEvent);
            return Err(StoreError::new(missing).in_session(session).at(after + 1).into());
        }
        events.iter().try_for_each(|event| export.event(event))?;
    }
    export.end()
}

/// Writes events that no store here holds, from the first of their session on, and checks their chain on the way.
///
/// # Errors
/// When they are not the events of the session from its first one on, or the output fails; as [`export_session`].
pub fn export_events<'a>(
    session: &SessionId,
    events: impl IntoIterator<Item = &'a Event>,
    output: &mut (dyn Write + Send),
) -> Result<Position, TransferError> {
    let mut export = Export::begin(session, output)?;
    events.into_iter().try_for_each(|event| export.event(event))?;
    export.end()
}

/// A session that is being written.
struct Export<'a> {
    chain: Chain,
    output: &'a mut (dyn Write + Send),
}

impl<'a> Export<'a> {
    fn begin(session: &SessionId, output: &'a mut (dyn Write + Send)) -> Result<Self, TransferError> {
        let header = Header { format: FORMAT.into(), version: VERSION, session: session.to_string() };
        write_line(output, &header)?;
        Ok(Self { chain: Chain::new(session.clone()), output })
    }

    fn event(&mut self, event: &Event) -> Result<(), TransferError> {
        self.chain.follow(event)?;
        write_line(self.output, event)
    }

    fn end(self) -> Result<Position, TransferError> {
        let at = self.chain.at();
        write_line(self.output, &Trailer { end: End { seq: at.seq, hash: at.hash.to_string() } })?;
        self.output.flush()?;
        Ok(at)
    }
}

fn write_line(output: &mut (dyn Write + Send), value: &impl Serialize) -> Result<(), TransferError> {
    // What cannot be said in JSON is a time outside of the years 1 to 9999.
    let mut line = serde_json::to_vec(value).map_err(std::io::Error::from)?;
    line.push(b'\n');
    Ok(output.write_all(&line)?)
}
