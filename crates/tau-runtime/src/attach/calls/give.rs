//! The book as far as the input of calls goes.

use std::sync::Arc;

use tau_proto::runtime::v1::{CallReceived, attach_response::Message};

use super::book::Book;
use super::input::Input;
use super::open::{Key, Place};
use crate::attach::error::Violation;

impl Book {
    /// Gives a call that was just opened its input.
    pub(in crate::attach) fn give(&mut self, key: Key, content: Arc<[u8]>) {
        if let Some(open) = self.open.get_mut(&key) {
            open.input = Some(Input::new(content));
        }
    }

    /// The next piece of input for a client, as far as its window lets.
    pub(super) fn next_input(&mut self, id: &str) -> Option<Message> {
        let client = self.clients.get_mut(id)?;
        let (window, live) = (client.input_window, client.live.as_mut()?);
        while let Some(key) = live.inputs.first().copied() {
            let open = self.open.get_mut(&key).filter(|open| open.is_unanswered());
            let piece = open.and_then(|open| {
                let id = open.request.call.call_id.clone();
                open.input.as_mut()?.next(&id, window)
            });
            match piece {
                Some(piece) => return Some(piece.into()),
                None => _ = live.inputs.remove(&key),
            }
        }
        None
    }

    /// A client took input of a call.
    pub(in crate::attach) fn received(
        &mut self,
        id: &str,
        attachment: u64,
        received: &CallReceived,
    ) -> Result<(), Violation> {
        let Some(client) = self.clients.get_mut(id).filter(|client| client.is_at(attachment)) else {
            return Ok(());
        };
        let Some(key) = self.keys.get(&received.call_id).copied() else { return Ok(()) };
        let open = self.open.get_mut(&key);
        let Some(open) = open.filter(|open| matches!(&open.place, Place::Begun(client) if client == id))
        else {
            return Ok(());
        };
        let Some(input) = open.input.as_mut() else { return Ok(()) };
        if !input.take(received.number) {
            return Err(Violation::Received);
        }
        if let Some(live) = &mut client.live {
            live.inputs.insert(key);
            live.wake.notify_one();
        }
        Ok(())
    }
}
