//! Every source file and every test is reached by a `mod`; a crate has one integration binary.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::source::Facts;
use crate::tidy::tree::{Tree, is_below};
use crate::tidy::violation::Violation;
use crate::workspace::Member;

const RULE: &str = "modules";

/// Compares the files of each member with the modules declared in them.
pub(crate) fn check(tree: &Tree, facts: &[Facts]) -> Vec<Violation> {
    let by_path: BTreeMap<&str, &Facts> = facts.iter().map(|facts| (facts.path.as_str(), facts)).collect();
    tree.workspace.members.iter().flat_map(|member| check_member(member, &by_path)).collect()
}

fn check_member(member: &Member, facts: &BTreeMap<&str, &Facts>) -> Vec<Violation> {
    let reached = reached(member, facts);
    let (src, tests) = (format!("{}/src", member.dir), format!("{}/tests", member.dir));
    let it = format!("{tests}/it");
    let mut violations = Vec::new();
    let mut unreached_tests = BTreeSet::new();
    for path in facts.keys().copied().filter(|path| is_below(path, &member.dir)) {
        if is_below(path, &src) && !reached.contains(path) {
            let message = "no `mod` of the crate reaches this file; declare it in its parent or delete it";
            violations.push(Violation::error(path, 1, RULE, message));
        } else if is_below(path, &it) && !reached.contains(path) {
            unreached_tests.insert(path);
        } else if is_second_binary(path, &tests) {
            let message = format!("a second integration binary; move it to {it}/ and declare it in main.rs");
            violations.push(Violation::error(path, 1, RULE, message));
        }
    }
    violations.extend(forgotten(&it, &unreached_tests));
    violations
}

/// The files that the roots of the member lead to.
fn reached<'a>(member: &'a Member, facts: &BTreeMap<&'a str, &'a Facts>) -> BTreeSet<&'a str> {
    let mut open: Vec<&str> = member.targets.iter().map(|target| target.path.as_str()).collect();
    let mut reached = BTreeSet::new();
    while let Some(path) = open.pop() {
        if reached.insert(path)
            && let Some(facts) = facts.get(path)
        {
            open.extend(facts.children.iter().flat_map(|child| &child.paths).map(String::as_str));
        }
    }
    reached
}

/// `tests/x.rs` and `tests/x/main.rs` are binaries of their own for cargo.
fn is_second_binary(path: &str, tests: &str) -> bool {
    let Some(inside) = path.strip_prefix(tests).and_then(|rest| rest.strip_prefix('/')) else { return false };
    match inside.split_once('/') {
        None => true,
        Some((folder, file)) => folder != "it" && file == "main.rs",
    }
}

/// One violation for each file or folder right below `tests/it`, however many files are in the folder.
fn forgotten(it: &str, unreached: &BTreeSet<&str>) -> Vec<Violation> {
    let main = format!("{it}/main.rs");
    if unreached.contains(main.as_str()) {
        let message =
            "cargo does not build this file as a test; remove `autotests = false` from the manifest";
        return vec![Violation::error(&main, 1, RULE, message)];
    }
    let mut seen = BTreeSet::new();
    let mut violations = Vec::new();
    for path in unreached {
        let inside = &path[it.len() + 1..];
        let first = inside.split('/').next().unwrap_or(inside);
        let module = first.trim_end_matches(".rs");
        if seen.insert(module) {
            let message =
                format!("its tests never run; declare `mod {module};` in {main}, or the file in its folder");
            violations.push(Violation::error(path, 1, RULE, message));
        }
    }
    violations
}
