//! The edges between our crates are those of `xtask/layers.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::tidy::manifests;
use crate::tidy::tree::{Tree, is_below};
use crate::tidy::violation::Violation;
use crate::workspace::{Dep, Member};

const RULE: &str = "layers";
const TABLE: &str = "xtask/layers.toml";
/// Stands for every member.
const ANY: &str = "*";
/// The crates of ours that extensions may use: the interface, and its client, which knows nothing else.
const SHARED: [&str; 2] = ["tau-proto", "tau-client"];

/// What one crate may depend on among our own.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entry {
    /// Normal and build dependencies.
    deps: Vec<Spanned<String>>,
    /// Normal and build dependencies that a feature has to switch on.
    optional: Vec<Spanned<String>>,
    /// Dependencies of tests, besides those above.
    dev: Vec<Spanned<String>>,
}

type Layers = BTreeMap<Spanned<String>, Entry>;

/// Compares the declared edges with the allowed ones, and the table with the workspace.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let Some(file) = tree.file(TABLE) else {
        let message = "is missing; write one table per crate with its allowed deps, optional and dev";
        return vec![Violation::error(TABLE, 1, RULE, message)];
    };
    let layers: Layers = match toml::from_str(&file.text) {
        Ok(layers) => layers,
        Err(error) => {
            let line = error.span().map_or(1, |span| manifests::line_at(&file.text, span.start));
            let message = format!("cannot be read: {}; mend the table", error.message());
            return vec![Violation::error(TABLE, line, RULE, message)];
        }
    };
    let mut violations = stale(tree, &file.text, &layers);
    for member in &tree.workspace.members {
        let entry = layers.iter().find(|(name, _)| name.as_ref() == member.name.as_str());
        match entry {
            Some((_, entry)) => violations.extend(edges(tree, member, entry)),
            None => {
                let message = format!(
                    "{} has no entry in {TABLE}; add [{}] with the crates it may depend on",
                    member.name, member.name
                );
                violations.push(Violation::error(&member.manifest, 1, RULE, message));
            }
        }
    }
    violations
}

/// Names in the table that no member has.
fn stale(tree: &Tree, text: &str, layers: &Layers) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut add = |name: &Spanned<String>, message: String| {
        let line = manifests::line_at(text, name.span().start);
        violations.push(Violation::error(TABLE, line, RULE, message));
    };
    for (name, entry) in layers {
        if tree.workspace.member(name.as_ref()).is_none() {
            add(name, format!("{} is not a member of the workspace; remove its entry", name.as_ref()));
        }
        for allowed in entry.deps.iter().chain(&entry.optional).chain(&entry.dev) {
            let gone = allowed.as_ref() != ANY && tree.workspace.member(allowed.as_ref()).is_none();
            if gone {
                let (name, allowed_name) = (name.as_ref(), allowed.as_ref());
                let message = format!(
                    "{name} may depend on {allowed_name}, which is not a member of the workspace; remove the name"
                );
                add(allowed, message);
            }
        }
    }
    violations
}

/// The edges of one member that are not allowed.
fn edges(tree: &Tree, member: &Member, entry: &Entry) -> Vec<Violation> {
    let ours = member.deps.iter().filter_map(|dep| Some((dep, tree.workspace.member(&dep.name)?)));
    ours.filter_map(|(dep, target)| {
        let message = boundary(member, dep, target).or_else(|| edge(member, dep, entry))?;
        let line = manifests::line_of_dependency(tree, member, &dep.name);
        Some(Violation::error(&member.manifest, line, RULE, message))
    })
    .collect()
}

/// The boundary of the kernel, which the table cannot open.
fn boundary(member: &Member, dep: &Dep, target: &Member) -> Option<String> {
    let (name, target_name) = (&member.name, &target.name);
    if is_below(&member.dir, "crates") && is_below(&target.dir, "extensions") {
        return Some(format!(
            "{name} depends on the extension {target_name}; the kernel knows no extension: turn the edge around \
             through {}",
            SHARED[0]
        ));
    }
    (is_below(&member.dir, "extensions") && !dep.dev && !SHARED.contains(&target_name.as_str())).then(|| {
        let shared = SHARED.join(" and ");
        format!("{name} is an extension and depends on {target_name}; of our crates it may use {shared} only")
    })
}

/// An edge the table does not allow.
fn edge(member: &Member, dep: &Dep, entry: &Entry) -> Option<String> {
    let among = |list: &[Spanned<String>]| {
        list.iter().any(|name| name.as_ref() == dep.name.as_str() || name.as_ref() == ANY)
    };
    let (name, target) = (&member.name, &dep.name);
    let optional = among(&entry.optional);
    if among(&entry.deps) || (dep.dev && (optional || among(&entry.dev))) || (dep.optional && optional) {
        None
    } else if optional {
        Some(format!("{name} may depend on {target} behind a feature only; make it `optional = true`"))
    } else {
        let how = if dep.dev { "dev-depend" } else { "depend" };
        Some(format!(
            "{name} may not {how} on {target}; remove the edge, or allow it in {TABLE} if the design changed"
        ))
    }
}
