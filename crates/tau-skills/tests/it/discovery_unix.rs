use std::os::unix::fs::symlink;

use tau_skills::{Discovery, Scope};

use crate::tree::{Tree, names};

#[test]
fn links_are_followed_and_loops_end() {
    let tree = Tree::new(&[]);
    tree.skill("elsewhere/linked", "x");
    tree.skill("skills/real", "x");
    symlink(tree.at("elsewhere/linked"), tree.at("skills/linked")).unwrap();
    symlink("..", tree.at("skills/real/loop")).unwrap();
    symlink("gone", tree.at("skills/broken")).unwrap();
    symlink("gone", tree.at("skills/real/broken")).unwrap();
    let catalogue = tree.discover();
    assert_eq!(names(&catalogue), ["linked", "real"]);
    assert_eq!(catalogue.skills["linked"].path, tree.at("skills/linked/SKILL.md"));
    assert_eq!(
        tree.skipped(&catalogue),
        [
            ("skills/broken".to_owned(), "entity not found".to_owned()),
            ("skills/real/loop".to_owned(), format!("already visited as {}", tree.at("skills").display())),
        ]
    );
}

#[test]
fn a_folder_in_two_roots_is_one_folder() {
    let tree = Tree::new(&[]);
    tree.skill("agents/review", "x");
    symlink(tree.at("agents"), tree.at("claude")).unwrap();
    let catalogue = Discovery::new()
        .root(tree.at("claude"), Scope::User)
        .root(tree.at("agents"), Scope::Project)
        .discover();
    // It belongs to the scope with precedence, though the other root was named first.
    assert_eq!(catalogue.skills["review"].scope, Scope::Project);
    assert_eq!(catalogue.shadowed, []);
    let reason = format!("already visited as {}", tree.at("agents").display());
    assert_eq!(tree.skipped(&catalogue), [("claude".to_owned(), reason)]);
}

#[test]
fn a_skill_file_may_be_a_link_but_not_a_device() {
    let tree = Tree::new(&[("shared.md", "---\nname: shared\ndescription: x\n---\n")]);
    std::fs::create_dir_all(tree.at("skills/shared")).unwrap();
    std::fs::create_dir_all(tree.at("skills/zero")).unwrap();
    symlink(tree.at("shared.md"), tree.at("skills/shared/SKILL.md")).unwrap();
    symlink("/dev/zero", tree.at("skills/zero/SKILL.md")).unwrap();
    let catalogue = tree.discover();
    assert_eq!(names(&catalogue), ["shared"]);
    assert_eq!(
        tree.skipped(&catalogue),
        [("skills/zero/SKILL.md".to_owned(), "not a regular file".to_owned())]
    );
}

#[test]
fn resources_do_not_leave_the_skill() {
    let tree =
        Tree::new(&[("secret", "key"), ("skills/a/scripts/run.sh", "echo"), ("skills/a/refs/x.md", "x")]);
    tree.skill("skills/a", "x");
    symlink("scripts/run.sh", tree.at("skills/a/alias.sh")).unwrap();
    symlink("refs", tree.at("skills/a/more")).unwrap();
    symlink(tree.at("secret"), tree.at("skills/a/secret")).unwrap();
    symlink(tree.at("skills"), tree.at("skills/a/refs/up")).unwrap();
    let resources = tree.discover().skills["a"].resources().unwrap();
    let files: Vec<_> =
        resources.files.iter().map(|file| (file.path.to_str().unwrap(), file.bytes)).collect();
    assert_eq!(files, [("alias.sh", 4), ("refs/x.md", 1), ("scripts/run.sh", 4)]);
    let skipped: Vec<_> =
        resources.skipped.iter().map(|skip| (tree.relative(&skip.path), skip.reason.to_string())).collect();
    let out = |target| format!("points out of the skill, to {}", tree.at(target).display());
    assert_eq!(
        skipped,
        [("skills/a/secret".to_owned(), out("secret")), ("skills/a/refs/up".to_owned(), out("skills"))]
    );
}
