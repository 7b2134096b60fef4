//! The rules about fields.

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization as _;

use super::Issue;
use super::strict_yaml::Node;

const ALLOWED: [&str; 6] = ["name", "description", "license", "allowed-tools", "metadata", "compatibility"];
const NAME_CHARS: usize = 64;
const DESCRIPTION_CHARS: usize = 1024;
const COMPATIBILITY_CHARS: usize = 500;

pub(super) fn check(entries: &[(String, Node)], folder: &str) -> Vec<Issue> {
    let get = |field: &str| entries.iter().find(|(key, _)| key == field).map(|(_, value)| value);
    let mut issues = Vec::new();
    let unknown = entries.iter().map(|(key, _)| key).filter(|key| !ALLOWED.contains(&key.as_str()));
    let mut unknown: Vec<String> = unknown.cloned().collect();
    if !unknown.is_empty() {
        unknown.sort();
        issues.push(Issue::UnknownFields { fields: unknown });
    }
    match get("name") {
        None => issues.push(Issue::Missing { field: "name" }),
        Some(value) => name(value, folder, &mut issues),
    }
    match get("description") {
        None => issues.push(Issue::Missing { field: "description" }),
        Some(value) => match text(value) {
            None => issues.push(Issue::NotText { field: "description" }),
            // Blanks around it count.
            Some(_) => issues.extend(too_long(value, "description", DESCRIPTION_CHARS)),
        },
    }
    match get("compatibility") {
        None => {}
        Some(Node::Scalar(_)) => {
            issues.extend(
                get("compatibility").and_then(|it| too_long(it, "compatibility", COMPATIBILITY_CHARS)),
            );
        }
        Some(_) => issues.push(Issue::NotText { field: "compatibility" }),
    }
    issues
}

fn name(value: &Node, folder: &str, issues: &mut Vec<Issue>) {
    let Some(written) = text(value) else { return issues.push(Issue::NotText { field: "name" }) };
    let name: String = written.nfkc().collect();
    let characters = name.chars().count();
    if characters > NAME_CHARS {
        issues.push(Issue::TooManyCharacters { field: "name", characters, limit: NAME_CHARS });
    }
    if name != name.to_lowercase() {
        issues.push(Issue::NameNotLowercase { name: name.clone() });
    }
    if name.starts_with('-') || name.ends_with('-') || name.contains("--") {
        issues.push(Issue::NameHyphens { name: name.clone() });
    }
    if !name.chars().all(|c| c == '-' || is_alphanumeric(c)) {
        issues.push(Issue::NameCharacters { name: name.clone() });
    }
    if !folder.nfkc().eq(name.chars()) {
        issues.push(Issue::NameIsNotFolder { name, folder: folder.to_owned() });
    }
}

/// Text that is more than blanks, without those around it.
fn text(value: &Node) -> Option<&str> {
    let Node::Scalar(text) = value else { return None };
    let trimmed = text.trim_matches(is_blank);
    (!trimmed.is_empty()).then_some(trimmed)
}

fn too_long(value: &Node, field: &'static str, limit: usize) -> Option<Issue> {
    let Node::Scalar(text) = value else { return None };
    let characters = text.chars().count();
    (characters > limit).then_some(Issue::TooManyCharacters { field, characters, limit })
}

/// What Python strips: white space, and the four separators of ASCII.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// What Python calls so: letters and numbers, without the marks that `char::is_alphanumeric` takes in.
fn is_alphanumeric(c: char) -> bool {
    use GeneralCategory::{
        DecimalNumber, LetterNumber, LowercaseLetter, ModifierLetter, OtherLetter, OtherNumber,
        TitlecaseLetter, UppercaseLetter,
    };
    matches!(
        get_general_category(c),
        UppercaseLetter
            | LowercaseLetter
            | TitlecaseLetter
            | ModifierLetter
            | OtherLetter
            | DecimalNumber
            | LetterNumber
            | OtherNumber
    )
}
