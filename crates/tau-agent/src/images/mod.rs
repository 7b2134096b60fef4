//! Pictures as a provider takes them: of a kind it knows, and no larger than it allows.
//!
//! A picture that is refused is refused in every request from then on, because the history is only added to. So what is too
//! large is made smaller before it is sent, and what is said of its kind is put right. The conversation itself stays as it
//! is: another model may take more. With the feature `images` off, pictures keep their size.

#[cfg(feature = "images")]
mod fit;
mod limits;
mod media_type;

use std::collections::BTreeMap;
use std::sync::Arc;

use tau_core::{ContentBlock, Image, ImageSource, Message, Role, ToolResult, ToolResultBlock};

pub(crate) use limits::ImageLimits;

/// Messages whose pictures were made to fit, by the address of the message they stand for. They are kept, so that a message
/// is the same one from turn to turn, and the work is done once.
#[derive(Debug, Default)]
pub(crate) struct FittedMessages {
    held: BTreeMap<usize, Pair>,
}

/// A message, and what stands for it. The first is held so that its address stays its own.
#[derive(Debug)]
struct Pair {
    original: Arc<Message>,
    fitted: Arc<Message>,
}

impl FittedMessages {
    /// The conversation with pictures that the provider takes; `None` when it has no pictures.
    ///
    /// To make a picture smaller takes some tens of milliseconds, once.
    pub(crate) fn of(
        &mut self,
        messages: &[Arc<Message>],
        limits: &ImageLimits,
    ) -> Option<Vec<Arc<Message>>> {
        if !messages.iter().any(|message| pictures(message).next().is_some()) {
            return None;
        }
        let mut before = std::mem::take(&mut self.held);
        let fitted = messages.iter().map(|message| {
            let address = Arc::as_ptr(message) as usize;
            let pair = before.remove(&address).unwrap_or_else(|| Pair {
                original: Arc::clone(message),
                fitted: fitted_message(message, limits).map_or_else(|| Arc::clone(message), Arc::new),
            });
            let fitted = Arc::clone(&pair.fitted);
            if pictures(&pair.original).next().is_some() {
                self.held.insert(address, pair);
            }
            fitted
        });
        Some(fitted.collect())
    }
}

/// Why a conversation cannot be sent: the user shows a picture by its address, and the provider fetches none. Nothing here
/// fetches it in its place, because an address that others wrote may lead into the network of this machine.
///
/// Older pictures, and those of tools, are told of in words by the formats that have no addresses.
pub(crate) fn refusal(messages: &[Arc<Message>], limits: &ImageLimits) -> Option<String> {
    if limits.takes_addresses {
        return None;
    }
    let newest = messages.iter().rev().take_while(|message| message.role != Role::Assistant);
    let blocks =
        newest.filter(|message| message.role == Role::User).flat_map(|message| message.content.iter());
    let address = blocks.into_iter().find_map(|block| match block {
        ContentBlock::Image(Image { source: ImageSource::Url { url }, .. }) => Some(url),
        _ => None,
    })?;
    let shown =
        url::Url::parse(address).map_or_else(|_| "an address".to_owned(), |url| tau_core::redact_url(&url));
    Some(format!("takes no pictures by their address ({shown})"))
}

fn pictures(message: &Message) -> impl Iterator<Item = &Image> {
    message.content.iter().flat_map(|block| {
        let (own, results): (Option<&Image>, &[ToolResultBlock]) = match block {
            ContentBlock::Image(image) => (Some(image), &[]),
            ContentBlock::ToolResult(result) => (None, &result.content),
            _ => (None, &[]),
        };
        own.into_iter().chain(results.iter().filter_map(|block| match block {
            ToolResultBlock::Image(image) => Some(image),
            _ => None,
        }))
    })
}

/// The message with other pictures; `None` when all stay as they are.
fn fitted_message(message: &Message, limits: &ImageLimits) -> Option<Message> {
    let mut is_changed = false;
    let mut fit = |image: &Image| match fitted(image, limits) {
        Some(other) => {
            is_changed = true;
            other
        }
        None => image.clone(),
    };
    let content: Vec<ContentBlock> = message
        .content
        .iter()
        .map(|block| match block {
            ContentBlock::Image(image) => ContentBlock::Image(fit(image)),
            ContentBlock::ToolResult(result) => ContentBlock::ToolResult(fitted_result(result, &mut fit)),
            other => other.clone(),
        })
        .collect();
    is_changed.then(|| Message::new(message.role, content))
}

fn fitted_result(result: &ToolResult, fit: &mut impl FnMut(&Image) -> Image) -> ToolResult {
    let content = result.content.iter().map(|block| match block {
        ToolResultBlock::Image(image) => ToolResultBlock::Image(fit(image)),
        other => other.clone(),
    });
    let mut fitted = result.clone();
    fitted.content = content.collect();
    fitted
}

/// The picture as the provider takes it; `None` when it is so already, or nothing can be done about it.
fn fitted(image: &Image, limits: &ImageLimits) -> Option<Image> {
    let ImageSource::Base64 { media_type, data } = &image.source else { return None };
    // Documents travel as pictures too.
    let kind = media_type::of_base64(data).filter(|_| media_type.starts_with("image/"))?;
    #[cfg(feature = "images")]
    if let Some(smaller) = fit::shrunk(kind, data, limits) {
        return Some(smaller);
    }
    #[cfg(not(feature = "images"))]
    let _ = limits;
    (kind != media_type).then(|| Image::base64(kind, data.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_to_fit_is_the_same_message_from_turn_to_turn() {
        // The first bytes of a JPEG, under a wrong name.
        let picture = ContentBlock::Image(Image::base64("image/png", "/9j/4AAQSkZJRgABAQ=="));
        let mut messages = vec![Arc::new(Message::user([picture]))];
        let limits = ImageLimits::of("anthropic", "anthropic-messages");
        let mut held = FittedMessages::default();
        let first = held.of(&messages, &limits).unwrap();
        assert!(!Arc::ptr_eq(&first[0], &messages[0]));
        messages.push(Arc::new(Message::assistant([ContentBlock::text("Nice.")])));
        let second = held.of(&messages, &limits).unwrap();
        assert!(Arc::ptr_eq(&second[0], &first[0]));
        assert!(Arc::ptr_eq(&second[1], &messages[1]), "what needs no change is no copy");
        assert_eq!(held.held.len(), 1, "only what has pictures is held");
        assert_eq!(held.of(&messages[1..], &limits), None);
    }
}
