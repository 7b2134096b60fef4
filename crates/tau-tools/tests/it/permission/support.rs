//! A small world for verdicts: a folder with links, and rules written in one line.

use std::path::{Path, PathBuf};

use tau_core::config::{PermissionConfig, PermissionMode};
use tau_tools::permission::{FileKind, Judged, PermissionPolicy, Resolved, Surroundings, Verdict};

pub(crate) const PROJECT: &str = "/people/u/project";

/// Where paths lead in that world.
pub(crate) fn resolve(path: &Path) -> Resolved {
    const LINKS: [(&str, &str); 6] = [
        ("link", "/etc"),
        ("deep", "/etc"),
        ("notes", "/people/u/notes"),
        ("rc", "/people/u/.bashrc"),
        ("alias", "/people/u/project/src"),
        ("hooks", "/people/u/project/.git/hooks"),
    ];
    let project = Path::new(PROJECT);
    let found = LINKS.iter().find_map(|(link, target)| {
        path.strip_prefix(project.join(link)).ok().map(|rest| {
            if rest == Path::new("") { PathBuf::from(target) } else { Path::new(target).join(rest) }
        })
    });
    let resolved = Resolved::plain(found.unwrap_or_else(|| path.to_owned()));
    let folders = ["", "shelf", "src", "docs", "target", "people", "secret"].map(|name| project.join(name));
    if folders.contains(&resolved.path)
        || project.starts_with(&resolved.path)
        || resolved.path.ends_with(".ssh")
    {
        resolved.with_kind(FileKind::Folder)
    } else if path == project.join("fifo") {
        resolved.with_kind(FileKind::Special)
    } else if path == project.join("twin") {
        resolved.with_names(2)
    } else {
        resolved
    }
}

/// The surroundings of that world.
pub(crate) fn around() -> Surroundings<'static> {
    Surroundings::new(Path::new(PROJECT), Path::new("/people/u"), &resolve)
}

/// A policy of rules such as `allow Bash(ls *) ;; deny Read(.env) ;; mode plan`.
pub(crate) fn policy(rules: &str) -> PermissionPolicy {
    let mut config = PermissionConfig::default();
    for rule in rules.split(" ;; ").map(str::trim).filter(|rule| !rule.is_empty()) {
        let (list, rule) = rule.split_once(' ').unwrap();
        match list {
            "allow" => config.allow.push(rule.to_owned()),
            "ask" => config.ask.push(rule.to_owned()),
            "deny" => config.deny.push(rule.to_owned()),
            "mode" => config.mode = Some(mode(rule)),
            other => panic!("no list {other}"),
        }
    }
    PermissionPolicy::new(&config)
}

fn mode(name: &str) -> PermissionMode {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).unwrap()
}

/// The verdict on a call such as `Bash(ls)`.
pub(crate) fn verdict(policy: &PermissionPolicy, call: &str) -> Verdict {
    let (tool, rest) = call.split_once('(').unwrap();
    policy.verdict(&Judged::of_text(tool, rest.strip_suffix(')').unwrap()), &around())
}

/// The verdict on a command line.
pub(crate) fn command(policy: &PermissionPolicy, line: &str) -> &'static str {
    policy.verdict(&Judged::of_text("Bash", line), &around()).decision.as_str()
}
