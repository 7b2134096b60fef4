#![expect(clippy::unwrap_used, reason = "clippy takes helpers of tests for ordinary code")]

use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tau_skills::{Cache, Discovery, Scope};

use crate::tree::{Tree, names};

/// Sets a time of change that lies back far enough to be relied on. The inode's own change is as recent as the test.
fn settle(tree: &Tree, path: &str) {
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    File::open(tree.at(path)).unwrap().set_modified(long_ago).unwrap();
}

#[test]
fn every_change_is_seen_through_a_cache() {
    let tree = Tree::new(&[]);
    for name in ["a", "b", "c"] {
        tree.skill(&format!("skills/{name}"), "old");
    }
    let search = Discovery::new().root(tree.at("skills"), Scope::Project);
    let mut cache = Cache::default();
    let describe = |cache: &mut Cache| {
        let again = search.discover_again(cache);
        let fresh = search.discover();
        assert_eq!((&again.skills, &again.shadowed), (&fresh.skills, &fresh.shadowed));
        assert_eq!((&again.warnings, again.skipped.len()), (&fresh.warnings, fresh.skipped.len()));
        again.skills.values().map(|skill| format!("{} {}", skill.name, skill.description)).collect::<Vec<_>>()
    };
    assert_eq!(describe(&mut cache), ["a old", "b old", "c old"]);
    // What is old enough is remembered; then everything that can happen to it happens.
    std::thread::sleep(Duration::from_millis(2_100));
    assert_eq!(describe(&mut cache), ["a old", "b old", "c old"]);
    tree.skill("skills/a", "new");
    settle(&tree, "skills/a/SKILL.md");
    std::fs::remove_dir_all(tree.at("skills/b")).unwrap();
    tree.skill("skills/d/e", "added");
    tree.write("skills/c/SKILL.md", "---\nname: c\n---\n");
    assert_eq!(describe(&mut cache), ["a new", "e added"]);
    tree.skill("skills/b", "back");
    assert_eq!(describe(&mut cache), ["a new", "b back", "e added"]);

    // Other roots start anew, and do not see whose the skills were before.
    std::thread::sleep(Duration::from_millis(2_100));
    let (one, two) = (search.discover_again(&mut cache), search.discover_again(&mut cache));
    assert!(Arc::ptr_eq(&one, &two), "nothing changed, so nothing is read");
    let other = Discovery::new().root(tree.at("skills"), Scope::User).discover_again(&mut cache);
    assert_eq!(names(&other), ["a", "b", "e"]);
    assert!(other.skills.values().all(|skill| skill.scope == Scope::User));
}
