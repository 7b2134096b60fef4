//! Entries of context as the blocks that a model reads.

use serde::de::IgnoredAny;
use tau_core::event::Seq;
use tau_core::{ContentBlock, SessionId};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::context_entry::Entry as Kind;
use tau_proto::runtime::v1::file_entry::Source;
use tau_proto::runtime::v1::reference;
use tau_session::check_conversation;

use super::media::Media;
use super::quote::{fenced, label, labelled, quotation};
use crate::server::reason::Reason;
use crate::server::wire::content::{picture, read_image};
use crate::server::wire::error::{WireError, Within, read_all};
use crate::server::wire::message::read_messages;
use crate::server::wire::well_known::read_session;

/// The largest picture, in bytes; that of `Image.data`.
const PICTURE_BYTES: usize = 5 << 20;

/// One entry of context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// What the model reads.
    Content(Vec<ContentBlock>),
    /// Something that is still to be looked up, under the name that the model is told with it; empty for none.
    Reference {
        /// The name.
        name: String,
        /// What.
        target: Reference,
    },
}

/// What is to be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    /// A file of the session's environment.
    File(String),
    /// The events of a session after a place, up to another one or to the newest.
    Session {
        /// The session.
        session: SessionId,
        /// The events after this one.
        after: Seq,
        /// The last event; `None` for the newest.
        through: Option<Seq>,
    },
}

/// The entries of a field.
pub(crate) fn read_entries(field: &str, wire: Vec<pb::ContextEntry>) -> Result<Vec<Entry>, WireError> {
    read_all(field, wire, read_entry)
}

fn read_entry(wire: pb::ContextEntry) -> Result<Entry, WireError> {
    let name = wire.name;
    let blocks = match wire.entry {
        Some(Kind::Text(text)) => vec![words(&name, text)],
        Some(Kind::Json(entry)) => vec![json(&name, &entry.json).within("json")?],
        Some(Kind::File(entry)) => read_file(&name, entry).within("file")?,
        Some(Kind::Image(image)) => named(&name, ContentBlock::Image(read_image(image).within("image")?)),
        Some(Kind::Messages(messages)) => read_quotation(&name, messages).within("messages")?,
        Some(Kind::Reference(wire)) => {
            let target = read_target(wire).within("reference")?;
            return Ok(Entry::Reference { name, target });
        }
        None => return Err(WireError::invalid("", "an entry needs a kind that this version knows")),
    };
    Ok(Entry::Content(blocks))
}

/// Words. Blank ones are not labelled, so that it stays visible that nothing is said.
fn words(name: &str, text: String) -> ContentBlock {
    let is_plain = label(name).is_empty() || text.trim().is_empty();
    ContentBlock::text(if is_plain { text } else { labelled(name, &text) })
}

fn json(name: &str, json: &str) -> Result<ContentBlock, WireError> {
    let check = serde_json::from_str::<IgnoredAny>(json);
    check.map_err(|error| WireError::new(Reason::InvalidJson, "json", format!("not JSON: {error}")))?;
    Ok(ContentBlock::text(labelled(name, &fenced("json", json))))
}

fn read_file(name: &str, wire: pb::FileEntry) -> Result<Vec<ContentBlock>, WireError> {
    match wire.source {
        Some(Source::Data(data)) => file(name, &wire.media_type, &data),
        Some(Source::Url(url)) if Media::of(&wire.media_type) == Media::Image => {
            Ok(named(name, ContentBlock::Image(tau_core::Image::url(url))))
        }
        Some(Source::Url(_)) => {
            let problem = "only pictures can be given by address; send the content of other files";
            Err(WireError::new(Reason::ContextNotSupported, "url", problem))
        }
        None => Err(WireError::invalid("", "a file needs a source that this version knows")),
    }
}

/// A file by its content: text as text under its name, a picture as a picture.
pub(crate) fn file(name: &str, media_type: &str, data: &[u8]) -> Result<Vec<ContentBlock>, WireError> {
    match Media::of(media_type) {
        Media::Text => {
            let text = std::str::from_utf8(data).map_err(|error| {
                let problem = format!("not UTF-8 at byte {}", error.valid_up_to());
                WireError::new(Reason::InvalidContent, "data", problem)
            })?;
            let name = if label(name).is_empty() { media_type } else { name };
            Ok(vec![ContentBlock::text(labelled(name, &fenced("", text)))])
        }
        Media::Image if data.is_empty() || data.len() > PICTURE_BYTES => {
            let problem = format!("a picture has 1 to {PICTURE_BYTES} bytes, and this one {}", data.len());
            Err(WireError::new(Reason::InvalidContent, "data", problem))
        }
        Media::Image => Ok(named(name, ContentBlock::Image(picture(media_type, data)))),
        Media::Other => {
            let problem =
                format!("files of type {media_type} are not supported; give their text, or pictures");
            Err(WireError::new(Reason::ContextNotSupported, "media_type", problem))
        }
    }
}

/// A block that is not words, under its name.
fn named(name: &str, block: ContentBlock) -> Vec<ContentBlock> {
    let title = Some(label(name)).filter(|label| !label.is_empty()).map(ContentBlock::text);
    title.into_iter().chain([block]).collect()
}

fn read_quotation(name: &str, wire: pb::MessageHistory) -> Result<Vec<ContentBlock>, WireError> {
    let messages = read_messages(wire)?;
    check_conversation(&messages).map_err(|invalid| {
        let broken = WireError::new(Reason::InvalidHistory, "", invalid.problem.to_string());
        match invalid.message.checked_sub(1) {
            Some(index) => broken.within(&format!("messages[{index}]")),
            None => broken.within("messages"),
        }
    })?;
    Ok(quotation(name, &messages))
}

fn read_target(wire: pb::Reference) -> Result<Reference, WireError> {
    match wire.target {
        Some(reference::Target::Path(path)) => Ok(Reference::File(path)),
        Some(reference::Target::Session(part)) => Ok(Reference::Session {
            session: read_session("session.session_id", &part.session_id)?,
            after: Seq(part.after_seq),
            through: Some(Seq(part.through_seq)).filter(|seq| *seq > Seq::default()),
        }),
        None => Err(WireError::invalid("", "a reference needs a target that this version knows")),
    }
}
