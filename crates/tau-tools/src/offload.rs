//! A result within its bounds, and the rest of it in a file the model may read.

use tau_core::{Image, ImageSource, ToolCallId, ToolResultBlock};

use crate::environment::{Environment, ResultName};
use crate::executor::ToolOutput;
use crate::output::{Cut, Gap, OutputBounds};

/// A result of more texts than this is made one text: each costs a frame on every turn, however short it is.
const TEXTS: usize = 64;

/// What of an output the model gets to see.
///
/// An output whose texts are within the bounds together stays as it is. Else they are joined and cut as one, all
/// of them go into one file, and pictures follow.
pub(crate) async fn bound_output(
    output: ToolOutput,
    call: &ToolCallId,
    environment: &dyn Environment,
    bounds: OutputBounds,
) -> Vec<ToolResultBlock> {
    let content = bound_images(output.content, bounds);
    let texts: Vec<String> = content.iter().filter_map(text_of).collect();
    let length = texts.iter().fold(texts.len().saturating_sub(1), |sum, text| sum.saturating_add(text.len()));
    if length <= bounds.total() && texts.len() <= TEXTS && output.gap.is_none() {
        return content;
    }
    let text = texts.join("\n");
    let text = match Cut::of(&text, bounds, output.gap) {
        Some(cut) => cut.show(&text, &keep(&text, output.gap, call, environment).await),
        None => text,
    };
    let images = content.into_iter().filter(|block| matches!(block, ToolResultBlock::Image(_)));
    std::iter::once(ToolResultBlock::text(text)).chain(images).collect()
}

/// Keeps the text; says where it is, in the words of the line that says what is missing.
async fn keep(text: &str, gap: Option<Gap>, call: &ToolCallId, environment: &dyn Environment) -> String {
    let Some(store) = environment.results() else {
        return String::new();
    };
    let limit = store.limits().each.min(gap.map_or(usize::MAX, |gap| gap.at));
    let kept = &text[..text.floor_char_boundary(limit)];
    let path = store.keep(&ResultName::new(call, kept.as_bytes()), kept.as_bytes()).await;
    match path {
        Ok(path) if kept.len() == text.len() => {
            format!("; the whole result is in {}, which read and grep open", path.display())
        }
        Ok(path) => {
            let (len, path) = (kept.len(), path.display());
            format!("; the first {len} bytes of the result are in {path}, which read and grep open")
        }
        Err(error) => format!("; they could not be kept in a file ({error})"),
    }
}

/// The text of a block that is one; structured data as compact JSON.
fn text_of(block: &ToolResultBlock) -> Option<String> {
    match block {
        ToolResultBlock::Text { text } => Some(text.clone()),
        ToolResultBlock::Json { value } => Some(value.to_string()),
        _ => None,
    }
}

/// The content with the pictures that are too many or too large left out, and said.
fn bound_images(content: Vec<ToolResultBlock>, bounds: OutputBounds) -> Vec<ToolResultBlock> {
    let (mut images, mut bytes, mut dropped) = (0_usize, 0_usize, 0_usize);
    let mut kept = content;
    kept.retain(|block| {
        let ToolResultBlock::Image(image) = block else {
            return true;
        };
        let with_it = bytes.saturating_add(image_len(image));
        if images == bounds.images || with_it > bounds.image_bytes {
            dropped += 1;
            return false;
        }
        (images, bytes) = (images + 1, with_it);
        true
    });
    if dropped > 0 {
        kept.push(ToolResultBlock::text(format!(
            "[{dropped} pictures left out: a result may have {} of {} bytes together]",
            bounds.images, bounds.image_bytes
        )));
    }
    kept
}

fn image_len(image: &Image) -> usize {
    match &image.source {
        ImageSource::Base64 { media_type, data } => media_type.len() + data.len(),
        ImageSource::Url { url } => url.len(),
        // A kind of source this crate does not know has a length it does not know.
        _ => usize::MAX,
    }
}
