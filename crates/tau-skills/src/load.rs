//! From a file to a skill.

use std::path::Path;

use tau_memory::{Document, text};

use crate::catalogue::{SkipReason, WarningKind};
use crate::discovery::Root;
use crate::front_matter::FrontMatter;
use crate::skill::{Kind, Skill};

/// What a file turned out to be: a skill with its departures from the specification, or nothing that can be used.
pub(crate) type Found = Result<(Skill, Vec<WarningKind>), SkipReason>;

/// Bytes of a `SKILL.md` read for its front matter. The longest published ones are a few KiB.
const HEAD_BYTES: usize = 64 * 1024;

/// A longer name is a mistake, and would cost context in every listing.
const NAME_BYTES: usize = 256;

/// Bytes of a description that is taken out of the body.
const FALLBACK_BYTES: usize = 1024;

/// Limits of the specification, in characters.
const SPEC_NAME_CHARS: usize = 64;
const SPEC_DESCRIPTION_CHARS: usize = 1024;

/// Reads the head of a file.
pub(crate) fn read(path: &Path, root: &Root) -> Found {
    let head = text::read(path, HEAD_BYTES).map_err(|error| SkipReason::Unreadable(error.kind()))?;
    let document = Document::parse(&head.content);
    if document.is_unterminated() {
        return Err(match head.truncation {
            Some(_) => SkipReason::FrontMatterTooLong { limit: HEAD_BYTES },
            None => SkipReason::UnterminatedFrontMatter,
        });
    }
    let (front_matter, mut warnings) = fields(document.front_matter);
    let (name, own) = match root.kind {
        Kind::Skill => skill_name(&front_matter, path, &mut warnings),
        Kind::Command => (file_name(path), file_name(path)),
    };
    if name.is_empty() || name.len() > NAME_BYTES || name.contains(char::is_control) {
        return Err(SkipReason::UnusableName);
    }
    let description = description(&front_matter, document.body, &mut warnings);
    let description = description.ok_or(SkipReason::NoDescription)?;
    if root.kind == Kind::Skill && !is_spec_name(&name) {
        warnings.push(WarningKind::NameFormat { name: name.clone() });
    }
    let characters = description.chars().count();
    if characters > SPEC_DESCRIPTION_CHARS {
        warnings.push(WarningKind::LongDescription { characters });
    }
    let name = match &root.namespace {
        Some(namespace) => format!("{namespace}:{name}"),
        None => name,
    };
    let skill = Skill {
        name,
        folder_name: own,
        description,
        path: path.to_path_buf(),
        scope: root.scope,
        kind: root.kind,
        front_matter,
    };
    Ok((skill, warnings))
}

/// The fields; none of them where they cannot be read, as other clients do: the instructions are still good.
fn fields(source: Option<&str>) -> (FrontMatter, Vec<WarningKind>) {
    let Some(source) = source else { return (FrontMatter::default(), vec![WarningKind::NoFrontMatter]) };
    match FrontMatter::parse(source) {
        Ok(parsed) => parsed,
        Err(error) => {
            // Fields that could not be read may have kept the model away; so it is kept away.
            let hidden = source.contains("disable-model-invocation").then_some(true);
            let fields = FrontMatter { disable_model_invocation: hidden, ..FrontMatter::default() };
            (fields, vec![WarningKind::FrontMatterIgnored { error }])
        }
    }
}

/// The name, and that of the folder.
fn skill_name(fields: &FrontMatter, path: &Path, warnings: &mut Vec<WarningKind>) -> (String, String) {
    let folder = folder_name(path.parent().unwrap_or(path));
    match &fields.name {
        Some(name) => {
            if *name != folder {
                warnings.push(WarningKind::NameIsNotFolder { name: name.clone(), folder: folder.clone() });
            }
            (name.clone(), folder)
        }
        None => {
            // Without fields at all, that was said already.
            if !warnings.iter().any(WarningKind::is_about_all_fields) {
                warnings.push(WarningKind::NoName { folder: folder.clone() });
            }
            (folder.clone(), folder)
        }
    }
}

/// What the skill does and when to use it; without such fields, the first paragraph of its body.
fn description(fields: &FrontMatter, body: &str, warnings: &mut Vec<WarningKind>) -> Option<String> {
    let said = [&fields.description, &fields.when_to_use].into_iter().flatten().map(String::as_str);
    let said = said.collect::<Vec<_>>().join(" ");
    if !said.is_empty() {
        return Some(said);
    }
    if !warnings.iter().any(WarningKind::is_about_all_fields) {
        warnings.push(WarningKind::NoDescription);
    }
    first_paragraph(body)
}

/// The first lines that are text and no heading; a heading where there is nothing else.
fn first_paragraph(body: &str) -> Option<String> {
    let mut lines = body.lines().map(str::trim).filter(|line| !line.starts_with("```"));
    let text = lines.by_ref().find(|line| !line.is_empty() && !line.starts_with('#'));
    let text = match text {
        Some(first) => {
            let rest = lines.take_while(|line| !line.is_empty() && !line.starts_with('#'));
            std::iter::once(first).chain(rest).collect::<Vec<_>>().join(" ")
        }
        None => {
            let headings = body.lines().map(|line| line.trim().trim_start_matches('#').trim());
            headings.into_iter().find(|heading| !heading.is_empty())?.to_owned()
        }
    };
    Some(text[..text.floor_char_boundary(FALLBACK_BYTES)].to_owned())
}

fn file_name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A root may end in `..` or be a link; its own name is then that of the real folder.
fn folder_name(folder: &Path) -> String {
    match folder.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => {
            let real = std::fs::canonicalize(folder).unwrap_or_default();
            real.file_name().unwrap_or_default().to_string_lossy().into_owned()
        }
    }
}

/// Lower-case letters of any script, digits, and single hyphens between them.
fn is_spec_name(name: &str) -> bool {
    let letters = name.chars().all(|c| c == '-' || (c.is_alphanumeric() && c.to_lowercase().eq([c])));
    let hyphens = !name.starts_with('-') && !name.ends_with('-') && !name.contains("--");
    letters && hyphens && name.chars().count() <= SPEC_NAME_CHARS
}
