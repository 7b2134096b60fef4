//! A page as a model reads it.

use encoding_rs::Encoding;
use tau_core::ToolResultBlock;
use url::Url;

use super::markdown::markdown;
use crate::builtin::support::{self, PictureError};
use crate::environment::Fetched;
use crate::executor::ToolOutput;

pub(super) async fn show(url: &Url, fetched: Fetched) -> Result<ToolOutput, ToolOutput> {
    let Fetched { status, content_type, body, is_cut, .. } = fetched;
    let content_type = content_type.unwrap_or_default();
    let mut head = format!("{url}: {status}");
    if !content_type.is_empty() {
        head.push_str(&format!(", {content_type}"));
    }
    if is_cut {
        head.push_str(&format!(", the first {} bytes", body.len()));
    }
    match support::picture(&body).await {
        Ok(picture) => {
            let about = ToolResultBlock::text(format!("{head}: {}", picture.about));
            return Ok(ToolOutput::blocks(vec![about, picture.block()]));
        }
        Err(PictureError::Broken(problem)) => {
            return Err(ToolOutput::error(format!("{head}: a picture that cannot be shown: {problem}")));
        }
        Err(PictureError::NotAPicture) => {}
    }
    let Some(text) = text(&content_type, &body) else {
        let kind = support::binary_kind(&body);
        return Err(ToolOutput::error(format!("{head}: not text but {kind} of {} bytes", body.len())));
    };
    let is_html = content_type.starts_with("text/html")
        || content_type.starts_with("application/xhtml")
        || (content_type.is_empty() && text.trim_start().starts_with('<'));
    let text = if is_html { markdown(text).await? } else { text };
    let output = format!("{head}\n\n{text}");
    Ok(if (200..300).contains(&status) { ToolOutput::text(output) } else { ToolOutput::error(output) })
}

/// The text, in the encoding that the server says or else in what it looks like.
fn text(content_type: &str, body: &[u8]) -> Option<String> {
    let charset = content_type.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    match charset.and_then(|label| Encoding::for_label(label.as_bytes())) {
        Some(encoding) => Some(encoding.decode(body).0.into_owned()),
        None => support::decode(body).map(|decoded| decoded.text.into_owned()),
    }
}
