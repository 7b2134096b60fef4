//! The text of a patch, in the format that Codex made known: `*** Begin Patch` ... `*** End Patch`.

/// What a patch does with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileChange {
    Add { path: String, content: String },
    Delete { path: String },
    Update { path: String, moved_to: Option<String>, hunks: Vec<Hunk> },
}

/// One change within a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hunk {
    /// Lines above it that tell where it is, outermost first.
    pub(super) anchors: Vec<String>,
    pub(super) lines: Vec<(Sign, String)>,
    /// Whether it is at the end of the file.
    pub(super) is_last: bool,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Stays,
    Goes,
    Comes,
}

impl FileChange {
    /// The files that it changes, as they are named.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let (path, moved_to) = match self {
            Self::Add { path, .. } | Self::Delete { path } => (path, None),
            Self::Update { path, moved_to, .. } => (path, moved_to.as_ref()),
        };
        std::iter::once(path).chain(moved_to).map(String::as_str)
    }
}

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
const ADD: &str = "*** Add File: ";
const DELETE: &str = "*** Delete File: ";
const UPDATE: &str = "*** Update File: ";
const MOVE: &str = "*** Move to: ";
const END_OF_FILE: &str = "*** End of File";

/// Reads a patch.
///
/// # Errors
/// What is wrong with it, and in which line.
pub(super) fn parse(patch: &str) -> Result<Vec<FileChange>, String> {
    let mut lines = Lines { lines: patch.trim().lines().enumerate().collect(), at: 0 };
    match lines.next() {
        Some((_, line)) if line.trim_end() == BEGIN => {}
        _ => return Err(format!("it must begin with `{BEGIN}`")),
    }
    let mut changes = Vec::new();
    loop {
        let Some((number, line)) = lines.next() else { return Err(format!("it must end with `{END}`")) };
        if line.trim_end() == END {
            break;
        }
        changes.push(change(number, line, &mut lines)?);
    }
    if changes.is_empty() { Err("it changes no file".to_owned()) } else { Ok(changes) }
}

struct Lines<'a> {
    lines: Vec<(usize, &'a str)>,
    at: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<(usize, &'a str)> {
        let line = self.lines.get(self.at).copied();
        self.at += 1;
        line
    }

    /// The next line, if it is one of those that `wanted` takes.
    fn next_if<T>(&mut self, wanted: impl Fn(&'a str) -> Option<T>) -> Option<T> {
        let found = self.lines.get(self.at).and_then(|(_, line)| wanted(line))?;
        self.at += 1;
        Some(found)
    }
}

fn change<'a>(number: usize, line: &'a str, lines: &mut Lines<'a>) -> Result<FileChange, String> {
    if let Some(path) = line.strip_prefix(ADD) {
        let mut content = String::new();
        while let Some(text) = lines.next_if(|line| line.strip_prefix('+')) {
            content.push_str(text);
            content.push('\n');
        }
        return Ok(FileChange::Add { path: name(number, path)?, content });
    }
    if let Some(path) = line.strip_prefix(DELETE) {
        return Ok(FileChange::Delete { path: name(number, path)? });
    }
    let Some(path) = line.strip_prefix(UPDATE) else {
        let line: String = line.chars().take(80).collect();
        return Err(format!("line {} starts no file and belongs to none: {line:?}", number + 1));
    };
    let path = name(number, path)?;
    let moved_to =
        lines.next_if(|line| line.strip_prefix(MOVE)).map(|path| name(number, path)).transpose()?;
    let mut hunks = Vec::new();
    while let Some(hunk) = hunk(lines) {
        hunks.push(hunk);
    }
    hunks.retain(|hunk| !hunk.lines.is_empty());
    if hunks.is_empty() && moved_to.is_none() {
        return Err(format!("line {}: nothing of `{path}` is changed", number + 1));
    }
    Ok(FileChange::Update { path, moved_to, hunks })
}

fn name(number: usize, path: &str) -> Result<String, String> {
    match path.trim() {
        "" => Err(format!("line {} names no file", number + 1)),
        path => Ok(path.to_owned()),
    }
}

/// The next change of the file; `None` at the next file.
fn hunk(lines: &mut Lines<'_>) -> Option<Hunk> {
    let mut hunk = Hunk::default();
    let anchor = |line: &str| line.strip_prefix("@@").map(|anchor| anchor.trim().to_owned());
    let start = lines.at;
    while let Some(text) = lines.next_if(anchor) {
        // Some write both marks of a unified diff: `@@ -1,4 +1,5 @@`, numbers that nobody can trust.
        let text = text.strip_suffix("@@").map_or(text.as_str(), str::trim_end);
        if !text.is_empty() && !text.starts_with('-') {
            hunk.anchors.push(text.to_owned());
        }
    }
    let mut blanks = 0;
    while let Some((is_blank, line)) = lines.next_if(|line| Some((line.is_empty(), changed_line(line)?))) {
        blanks = if is_blank { blanks + 1 } else { 0 };
        hunk.lines.push(line);
    }
    // Blank lines after a change set it off from what follows. One that stays has its sign.
    hunk.lines.truncate(hunk.lines.len() - blanks);
    hunk.is_last = lines.next_if(|line| (line.trim_end() == END_OF_FILE).then_some(())).is_some();
    (lines.at > start).then_some(hunk)
}

fn changed_line(line: &str) -> Option<(Sign, String)> {
    let (sign, text) = match line.split_at_checked(1) {
        Some((" ", text)) => (Sign::Stays, text),
        Some(("-", text)) => (Sign::Goes, text),
        Some(("+", text)) => (Sign::Comes, text),
        // An empty line that stays often loses its blank.
        None => (Sign::Stays, ""),
        Some(_) => return None,
    };
    Some((sign, text.to_owned()))
}
