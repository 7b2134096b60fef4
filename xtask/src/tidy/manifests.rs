//! Every dependency is declared once, in the root manifest, with its reason; every member takes the lints.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::tidy::tree::{TextFile, Tree};
use crate::tidy::violation::Violation;
use crate::workspace::Member;

const DEPENDENCIES: &str = "dependencies";
const LINTS: &str = "lints";
const ROOT: &str = "Cargo.toml";
const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Checks the root manifest and the manifest of every member.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations: Vec<Violation> = tree.file(ROOT).map(reasons).unwrap_or_default();
    for file in tree.workspace.members.iter().filter_map(|member| tree.file(&member.manifest)) {
        violations.extend(inherited(file));
    }
    violations
}

/// Lines of `[workspace.dependencies]` that lack the reason for the crate.
fn reasons(file: &TextFile) -> Vec<Violation> {
    let Ok(manifest) = DeTable::parse(&file.text) else { return Vec::new() };
    let Some(table) =
        manifest.get_ref().get("workspace").and_then(|workspace| table_in(workspace, DEPENDENCIES))
    else {
        return Vec::new();
    };
    let mut violations = Vec::new();
    for (name, value) in table {
        let own = value.get_ref().as_table().is_some_and(|value| value.contains_key("path"));
        let rest = file.text.get(value.span().end..).unwrap_or_default();
        let comment = rest.lines().next().and_then(|line| line.trim_start().strip_prefix('#'));
        if !own && comment.is_none_or(|comment| comment.trim().is_empty()) {
            let message = format!("{} has no reason; end its line with `# why it is needed`", name.get_ref());
            let line = line_at(&file.text, name.span().start);
            violations.push(Violation::error(&file.path, line, DEPENDENCIES, message));
        }
    }
    violations
}

/// What a member declares itself instead of inheriting it.
fn inherited(file: &TextFile) -> Vec<Violation> {
    let Ok(manifest) = DeTable::parse(&file.text) else { return Vec::new() };
    let manifest = manifest.get_ref();
    let mut violations = Vec::new();
    for (name, value) in dependencies(manifest) {
        if !is_inherited(value) {
            let message = format!(
                "{} does not come from the workspace; declare it in [workspace.dependencies] and write \
                 `{}.workspace = true`",
                name.get_ref(),
                name.get_ref()
            );
            let line = line_at(&file.text, name.span().start);
            violations.push(Violation::error(&file.path, line, DEPENDENCIES, message));
        }
    }
    if !manifest.get(LINTS).is_some_and(is_inherited) {
        let line = manifest
            .keys()
            .find(|key| key.get_ref() == LINTS)
            .map_or(1, |key| line_at(&file.text, key.span().start));
        let message = "the lints do not come from the workspace; write `[lints]` with `workspace = true`";
        violations.push(Violation::error(&file.path, line, LINTS, message));
    }
    violations
}

fn is_inherited(value: &Spanned<DeValue<'_>>) -> bool {
    value.get_ref().get("workspace").and_then(|workspace| workspace.get_ref().as_bool()) == Some(true)
}

type Entry<'t, 'i> = (&'t Spanned<std::borrow::Cow<'i, str>>, &'t Spanned<DeValue<'i>>);

/// The entries of every dependency table of a member, those of `[target.'cfg(..)']` too.
fn dependencies<'t, 'i>(manifest: &'t DeTable<'i>) -> Vec<Entry<'t, 'i>> {
    let targets = manifest.get("target").and_then(|target| target.get_ref().as_table());
    let targets = targets.into_iter().flatten().filter_map(|(_, target)| target.get_ref().as_table());
    let tables = std::iter::once(manifest).chain(targets);
    let tables = tables.flat_map(|table| KINDS.iter().filter_map(|kind| table.get(*kind)));
    tables.filter_map(|table| table.get_ref().as_table()).flatten().collect()
}

fn table_in<'t, 'i>(value: &'t Spanned<DeValue<'i>>, key: &str) -> Option<&'t DeTable<'i>> {
    value.get_ref().get(key)?.get_ref().as_table()
}

/// The line of the member's manifest that declares the dependency; 1 if it goes by another name there.
pub(crate) fn line_of_dependency(tree: &Tree, member: &Member, name: &str) -> usize {
    let Some(file) = tree.file(&member.manifest) else { return 1 };
    let Ok(manifest) = DeTable::parse(&file.text) else { return 1 };
    let found = dependencies(manifest.get_ref()).into_iter().find(|(key, _)| key.get_ref() == name);
    found.map_or(1, |(key, _)| line_at(&file.text, key.span().start))
}

/// The line, from 1, of a byte of the text.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
