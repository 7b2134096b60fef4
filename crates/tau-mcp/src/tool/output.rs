//! What a server gives back, as a model gets to see it.

use rmcp::model::{CallToolResult, ContentBlock, Resource, ResourceContents};
use serde_json::Value;
use tau_core::{Image, ToolResultBlock};
use tau_tools::ToolOutput;

/// What providers take of one picture: 5 MiB, in base64.
const IMAGE_BYTES: usize = (5 << 20) / 3 * 4 + 4;
/// So many pictures of one result are shown.
const IMAGES: usize = 20;

/// The result in blocks: runs of text as one, so that the bound on a text holds for all of it.
pub(super) fn output(result: CallToolResult) -> ToolOutput {
    let mut blocks = Blocks::default();
    let structured = result.structured_content;
    for content in result.content {
        match content {
            // The specification has servers repeat structured content as text, for clients that cannot read it.
            ContentBlock::Text(text)
                if structured.as_ref().is_some_and(|value| repeats(&text.text, value)) => {}
            content => blocks.content(content),
        }
    }
    if let Some(value) = structured {
        blocks.0.push(ToolResultBlock::Json { value });
    }
    if blocks.0.is_empty() {
        blocks.text("(The tool gave no output.)".to_owned());
    }
    let mut output = ToolOutput::text(String::new());
    output.content = blocks.0;
    output.is_error = result.is_error == Some(true);
    output
}

/// Content as a model gets to see it.
pub(crate) fn blocks(content: Vec<ContentBlock>) -> Vec<ToolResultBlock> {
    let mut blocks = Blocks::default();
    content.into_iter().for_each(|content| blocks.content(content));
    blocks.0
}

/// Resources as a model gets to see them.
pub(crate) fn resource_blocks(contents: Vec<ResourceContents>) -> Vec<ToolResultBlock> {
    let mut blocks = Blocks::default();
    contents.into_iter().for_each(|resource| blocks.resource(resource));
    blocks.0
}

#[derive(Default)]
struct Blocks(Vec<ToolResultBlock>);

impl Blocks {
    fn content(&mut self, content: ContentBlock) {
        match content {
            ContentBlock::Text(text) => self.text(text.text),
            ContentBlock::Image(image) => self.image(&image.mime_type, image.data),
            ContentBlock::Audio(audio) => self.left_out("audio", &audio.mime_type, &audio.data),
            ContentBlock::Resource(embedded) => self.resource(embedded.resource),
            ContentBlock::ResourceLink(link) => self.text(describe(&link)),
            _ => self.text("[content of an unknown kind was left out]".to_owned()),
        }
    }

    fn text(&mut self, new: String) {
        match self.0.last_mut() {
            Some(ToolResultBlock::Text { text }) => {
                text.push('\n');
                text.push_str(&new);
            }
            _ => self.0.push(ToolResultBlock::text(new)),
        }
    }

    fn image(&mut self, media_type: &str, data: String) {
        let images = self.0.iter().filter(|block| matches!(block, ToolResultBlock::Image(_))).count();
        if data.len() > IMAGE_BYTES || images == IMAGES {
            self.left_out("image", media_type, &data);
        } else {
            self.0.push(ToolResultBlock::Image(Image::base64(media_type, data)));
        }
    }

    fn left_out(&mut self, what: &str, media_type: &str, data: &str) {
        self.text(format!("[{what} of type {media_type}, {} bytes, was left out]", data.len() / 4 * 3));
    }

    fn resource(&mut self, resource: ResourceContents) {
        match resource {
            ResourceContents::TextResourceContents { uri, text, .. } => {
                self.text(format!("[resource {uri}]\n{text}"))
            }
            ResourceContents::BlobResourceContents { uri, mime_type, blob, .. } => {
                self.text(format!("[resource {uri}]"));
                match mime_type {
                    Some(media_type) if media_type.starts_with("image/") => self.image(&media_type, blob),
                    media_type => self.left_out("data", media_type.as_deref().unwrap_or("unknown"), &blob),
                }
            }
            _ => self.text("[a resource of an unknown kind was left out]".to_owned()),
        }
    }
}

fn repeats(text: &str, value: &Value) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|parsed| parsed == *value)
}

fn describe(link: &Resource) -> String {
    let media_type = link.mime_type.as_deref().map_or(String::new(), |media_type| format!(", {media_type}"));
    let description =
        link.description.as_deref().map_or(String::new(), |description| format!(": {description}"));
    format!("[link to resource {} ({}{media_type}){description}]", link.uri, link.name)
}

#[cfg(test)]
mod tests;
