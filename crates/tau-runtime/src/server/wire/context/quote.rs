//! How words of elsewhere are set apart from the words around them.

use tau_core::{ContentBlock, Image, Message, Role, ToolResultBlock};

/// The line under which something stands; empty where the name says nothing. A name is one line, whatever it holds.
pub(super) fn label(name: &str) -> String {
    let words: Vec<&str> = name.split(|letter: char| letter.is_control() || letter.is_whitespace()).collect();
    let name = words.join(" ");
    let name = name.trim();
    if name.is_empty() { String::new() } else { format!("{name}:") }
}

/// A text under its name, or alone where it has none.
pub(super) fn labelled(name: &str, text: &str) -> String {
    let label = label(name);
    if label.is_empty() { text.to_owned() } else { format!("{label}\n{text}") }
}

/// A text between fences that it cannot close itself, because they are longer than any in it.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let mut longest = 0;
    let mut ticks = 0;
    for byte in text.bytes() {
        ticks = if byte == b'`' { ticks + 1 } else { 0 };
        longest = longest.max(ticks);
    }
    let fence = "`".repeat((longest + 1).max(3));
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{end}{fence}")
}

/// A conversation of elsewhere as the model reads it: what was said with each line set off, so that no line of it passes
/// for one of the conversation it is told in; pictures between. What only a provider can read is not said.
pub(crate) fn quotation(name: &str, messages: &[Message]) -> Vec<ContentBlock> {
    let mut quotation = Quotation::default();
    let title = if label(name).is_empty() { "A conversation held elsewhere" } else { name };
    quotation.text = label(title);
    quotation.text.push('\n');
    for message in messages {
        quotation.speaker(message.role);
        message.content.iter().for_each(|block| quotation.block(block));
    }
    quotation.cut();
    quotation.blocks
}

#[derive(Default)]
struct Quotation {
    blocks: Vec<ContentBlock>,
    text: String,
}

impl Quotation {
    fn speaker(&mut self, role: Role) {
        self.line(match role {
            Role::System => "[instructions]",
            Role::User => "[user]",
            Role::Assistant => "[assistant]",
            Role::Tool => "[tools]",
            _ => "[somebody]",
        });
    }

    fn block(&mut self, block: &ContentBlock) {
        match block {
            ContentBlock::Text { text } => self.lines(text),
            ContentBlock::Image(image) => self.image(image),
            ContentBlock::Reasoning(reasoning) if !reasoning.text.trim().is_empty() => {
                self.line("[thinks]");
                self.lines(&reasoning.text);
            }
            ContentBlock::ToolCall(call) => {
                self.lines(&format!("[calls {} as {}]", call.name, call.id));
                self.lines(call.arguments.raw());
            }
            ContentBlock::ToolResult(result) => {
                let kind = if result.is_error { "failed" } else { "gave" };
                self.lines(&format!("[{} {kind}]", result.call_id));
                result.content.iter().for_each(|block| self.result(block));
            }
            _ => {}
        }
    }

    fn result(&mut self, block: &ToolResultBlock) {
        match block {
            ToolResultBlock::Text { text } => self.lines(text),
            ToolResultBlock::Json { value } => self.lines(&value.to_string()),
            ToolResultBlock::Image(image) => self.image(image),
            _ => {}
        }
    }

    fn image(&mut self, image: &Image) {
        self.line("[a picture]");
        self.cut();
        self.blocks.push(ContentBlock::Image(image.clone()));
    }

    fn lines(&mut self, text: &str) {
        // Some of what reads this takes a lone carriage return for a line end too.
        text.replace("\r\n", "\n").split(['\n', '\r']).for_each(|line| self.line(line));
    }

    fn line(&mut self, line: &str) {
        self.text.push_str("> ");
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn cut(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            self.blocks.push(ContentBlock::text(text));
        }
    }
}
