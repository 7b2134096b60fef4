//! What a model calls a tool by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use rmcp::model::Tool;
use sha2::{Digest, Sha256};

use crate::config::sanitize;

/// The longest name every provider takes.
const NAME_BYTES: usize = 64;
/// Hexadecimal digits of a hash that tell two names apart.
const HASH_DIGITS: usize = 8;
/// A schema longer than this would fill a model's context alone.
const SCHEMA_BYTES: usize = 100_000;

/// Gives each tool its name, in the order of the list, and says what was left out.
///
/// A name does not depend on the order of the list: which of two tools that look alike is called what must not
/// change from one connection to the next.
pub(crate) fn assign_names(server: &str, tools: Vec<Tool>) -> (Vec<(String, Tool)>, Vec<String>) {
    let mut warnings = Vec::new();
    let tools = usable(tools, &mut warnings);
    let mut alike: BTreeMap<String, usize> = BTreeMap::new();
    for tool in &tools {
        *alike.entry(sanitize(&tool.name)).or_default() += 1;
    }
    let mut taken = BTreeSet::new();
    let mut named = Vec::new();
    for tool in tools {
        let plain = sanitize(&tool.name);
        let own = plain == *tool.name || alike.get(&plain) == Some(&1);
        let name = full_name(server, &tool.name, own);
        if taken.insert(name.clone()) {
            named.push((name, tool));
        } else {
            warnings.push(format!(
                "has a tool `{}` that cannot be told from another: it was left out",
                shown(&tool)
            ));
        }
    }
    (named, warnings)
}

/// Tools that have a name of their own and a schema of bearable length.
fn usable(tools: Vec<Tool>, warnings: &mut Vec<String>) -> Vec<Tool> {
    let mut seen = BTreeSet::new();
    let mut usable = Vec::new();
    for tool in tools {
        let problem = if tool.name.is_empty() {
            "has no name"
        } else if !seen.insert(tool.name.clone()) {
            "has the same name as one before it"
        } else if tool.schema_as_json_value().to_string().len() > SCHEMA_BYTES {
            "has a schema of more than 100,000 bytes"
        } else {
            usable.push(tool);
            continue;
        };
        warnings.push(format!("has a tool `{}` that {problem}: it was left out", shown(&tool)));
    }
    usable
}

fn full_name(server: &str, tool: &str, own: bool) -> String {
    let name = format!("mcp__{}__{}", sanitize(server), sanitize(tool));
    if own && name.len() <= NAME_BYTES {
        return name;
    }
    // All of it is ASCII now, so it can be cut anywhere.
    let kept = name.len().min(NAME_BYTES - HASH_DIGITS - 1);
    format!("{}_{}", &name[..kept], hash(server, tool))
}

fn hash(server: &str, tool: &str) -> String {
    let digest = Sha256::new().chain_update(server).chain_update([0]).chain_update(tool).finalize();
    let mut hash = String::new();
    for byte in digest.iter().take(HASH_DIGITS / 2) {
        // Writing to a string cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}

/// A name fit for a line of a report.
fn shown(tool: &Tool) -> String {
    crate::text::truncate(&tool.name.escape_debug().to_string(), 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(server: &str, tools: &[&str]) -> (Vec<String>, usize) {
        let tools =
            tools.iter().map(|name| Tool::new((*name).to_owned(), "", rmcp::model::JsonObject::new()));
        let (named, warnings) = assign_names(server, tools.collect());
        (named.into_iter().map(|(name, _)| name).collect(), warnings.len())
    }

    #[test]
    fn names_are_those_that_permission_rules_use() {
        let (given, warnings) = names("my.server", &["read_file", "a b", "größe"]);
        assert_eq!(given, ["mcp__my_server__read_file", "mcp__my_server__a_b", "mcp__my_server__gr__e"]);
        assert_eq!(warnings, 0);
    }

    #[test]
    fn names_that_look_alike_are_told_apart_whatever_their_order() {
        let (mut given, _) = names("s", &["a.b", "a_b", "a/b"]);
        let (mut reversed, _) = names("s", &["a/b", "a_b", "a.b"]);
        assert_eq!(given[1], "mcp__s__a_b");
        given.sort();
        reversed.sort();
        assert_eq!(given, reversed);
        given.dedup();
        assert_eq!(given.len(), 3);
    }

    #[test]
    fn long_names_are_cut_and_stay_different() {
        let long = "x".repeat(200);
        let (given, _) = names("server", &[&format!("{long}1"), &format!("{long}2")]);
        assert!(
            given.iter().all(|name| name.len() == 64 && name.starts_with("mcp__server__xxx")),
            "{given:?}"
        );
        assert_ne!(given[0], given[1]);
    }

    #[test]
    fn tools_without_a_name_of_their_own_are_left_out() {
        assert_eq!(names("s", &["", "a", "a"]), (vec!["mcp__s__a".to_owned()], 2));
    }

    proptest! {
        #[test]
        fn every_name_is_valid_and_there_once(tools in prop::collection::vec("[ab._/-]{1,3}|.{0,90}", 0..20)) {
            let tools: Vec<&str> = tools.iter().map(String::as_str).collect();
            let (given, warnings) = names("srv", &tools);
            prop_assert_eq!(given.len() + warnings, tools.len());
            let unique: BTreeSet<&String> = given.iter().collect();
            prop_assert_eq!(unique.len(), given.len());
            for name in given {
                prop_assert!(name.len() <= 64 && name.starts_with("mcp__srv__") && sanitize(&name) == name);
            }
        }
    }
}
