//! Pages of a PDF document, through the programs of the environment: poppler's, else ImageMagick.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use tau_core::ToolResultBlock;

use crate::builtin::support::{Budget, Place, picture, quoted};
use crate::environment::{CommandExit, CommandSpec};
use crate::executor::ToolOutput;

/// The most pages at once, and of them pictures.
const PAGES: u32 = 20;
const PICTURES: usize = 4;
/// The most bytes that a program may give.
const OUTPUT_BYTES: usize = 16 << 20;
/// What a shell says of a program that is not there.
const NOT_FOUND: i32 = 127;

/// The text of the pages; those without any as pictures.
pub(super) async fn read(
    place: &Place<'_>,
    name: &str,
    pages: Option<&str>,
) -> Result<ToolOutput, ToolOutput> {
    let (first, last) = match pages {
        Some(pages) => range(pages)?,
        None => (1, PAGES),
    };
    let file = quoted(&place.environment.root().join(place.path.as_path()).to_string_lossy());
    let text = run(place, &format!("pdftotext -layout -f {first} -l {last} {file} -")).await;
    let Some(text) = text else { return draw_all(place, name, &file, first).await };
    let text = text.map_err(|problem| unreadable(name, &problem))?;
    let text = String::from_utf8_lossy(&text);
    let total = total(place, &file).await;
    let mut blocks = Vec::new();
    let mut budget = Budget::default();
    let mut words = format!("`{name}` is a PDF document");
    let _ = total.map(|total| write!(words, " of {total} pages"));
    words.push('\n');
    let mut pictures = 0;
    // Every page ends in a form feed.
    for (number, page) in (first..=last).zip(text.split_terminator('\u{c}')) {
        let mut shown = format!("\n## Page {number}\n");
        if !page.trim().is_empty() {
            shown.push_str(page.trim_end());
        } else if pictures < PICTURES
            && let Some(block) = draw(place, &file, number).await
        {
            pictures += 1;
            blocks.push(block);
            let _ = write!(shown, "[no text; picture {pictures} below]");
        } else {
            shown.push_str("[no text]");
        }
        shown.push('\n');
        if !budget.take(shown.len()) {
            let _ = writeln!(words, "\n[continue with pages {number}-{last}]");
            return Ok(blocks_of(words, blocks));
        }
        words.push_str(&shown);
    }
    if let Some(total) = total.filter(|total| *total > last) {
        let _ = writeln!(words, "\n[pages {first} to {last} of {total}; pages shows others]");
    }
    Ok(blocks_of(words, blocks))
}

fn blocks_of(words: String, pictures: Vec<ToolResultBlock>) -> ToolOutput {
    ToolOutput::blocks(std::iter::once(ToolResultBlock::text(words)).chain(pictures).collect())
}

/// Pages as pictures alone, where nothing reads their text.
async fn draw_all(place: &Place<'_>, name: &str, file: &str, first: u32) -> Result<ToolOutput, ToolOutput> {
    let mut blocks = Vec::new();
    for number in (first..).take(PICTURES) {
        match draw(place, file, number).await {
            Some(block) => blocks.push(block),
            None => break,
        }
    }
    if blocks.is_empty() {
        let problem =
            "it takes pdftotext (poppler-utils) or ImageMagick to read it, and neither gives a page";
        return Err(unreadable(name, problem));
    }
    let last = first as usize + blocks.len() - 1;
    let words = format!("`{name}` is a PDF document; pages {first} to {last} as pictures. Others: pages");
    Ok(blocks_of(words, blocks))
}

/// A page as a picture.
async fn draw(place: &Place<'_>, file: &str, number: u32) -> Option<ToolResultBlock> {
    let by_poppler = format!("pdftoppm -png -r 100 -f {number} -l {number} {file}");
    let drawn = match run(place, &by_poppler).await {
        Some(drawn) => drawn.ok()?,
        None => {
            let page = number.checked_sub(1)?;
            let program = "$(command -v magick || command -v convert || echo convert)";
            run(place, &format!("{program} -density 100 {file}'[{page}]' png:-")).await?.ok()?
        }
    };
    picture(&drawn).await.ok().map(|picture| picture.block())
}

async fn total(place: &Place<'_>, file: &str) -> Option<u32> {
    let about = run(place, &format!("pdfinfo {file}")).await?.ok()?;
    let about = String::from_utf8_lossy(&about);
    about.lines().find_map(|line| line.strip_prefix("Pages:"))?.trim().parse().ok()
}

/// What a program gives; `None` where it is not there, or nothing runs here.
async fn run(place: &Place<'_>, command: &str) -> Option<Result<Vec<u8>, String>> {
    let kept = Mutex::new(Vec::new());
    let keep = |chunk: &[u8]| {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = OUTPUT_BYTES.saturating_sub(kept.len());
        kept.extend_from_slice(&chunk[..chunk.len().min(room)]);
    };
    let spec = CommandSpec::new(format!("{command} 2>/dev/null"));
    let exit = place.environment.run(&spec, &keep).await.ok()?;
    let kept = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    match exit {
        CommandExit::Code(0) => Some(Ok(kept)),
        CommandExit::Code(NOT_FOUND) => None,
        CommandExit::Code(code) => Some(Err(format!("the program that reads it ended with {code}"))),
        CommandExit::Signal(signal) => Some(Err(format!("the program that reads it was killed by {signal}"))),
    }
}

fn unreadable(name: &str, problem: &str) -> ToolOutput {
    ToolOutput::error(format!("`{name}` is a PDF document that was not read: {problem}"))
}

/// Pages as they are asked for: `3`, or `2-5`.
fn range(text: &str) -> Result<(u32, u32), ToolOutput> {
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|number| *number > 0);
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last.min(first.saturating_add(PAGES - 1)))),
        _ => Err(ToolOutput::error(format!("`pages` must be as 3 or 2-5, not {text:?}; nothing was read."))),
    }
}
