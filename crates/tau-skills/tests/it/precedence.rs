use tau_skills::{Catalogue, Discovery, Kind, Scope, nested_roots};

use crate::tree::{Tree, names};

/// A repository with a folder inside, a home and a plugin; skills say where they are.
fn tree() -> Tree {
    let tree = Tree::new(&[
        ("repo/.claude/commands/fix.md", "Fix issue $ARGUMENTS\n"),
        ("repo/.claude/commands/git/commit.md", "---\ndescription: Commits.\nname: ignored\n---\nCommit.\n"),
        ("repo/.claude/commands/review.md", "The older form.\n"),
        ("repo/.claude/commands/notes.txt", "no command"),
    ]);
    for folder in [
        "repo/.claude/skills/review",
        "repo/app/.tau/skills/review",
        "repo/app/.agents/skills/review",
        "repo/app/ui/.claude/skills/paint",
        "home/.claude/skills/review",
        "home/.agents/skills/mine",
        "above/.claude/skills/never",
        "plugin/skills/review",
        "plugin/skills/deploy",
    ] {
        tree.skill(folder, folder);
    }
    tree
}

fn discover(tree: &Tree) -> Catalogue {
    Discovery::new()
        .home(&tree.at("home"))
        .project(&tree.at("repo/app"), &tree.at("repo"))
        .plugin("ship", tree.at("plugin/skills"), Kind::Skill)
        .discover()
}

#[test]
fn the_nearest_folder_wins_and_every_loser_is_told_of() {
    let tree = tree();
    let catalogue = discover(&tree);
    assert_eq!(names(&catalogue), ["commit", "fix", "mine", "review", "ship:deploy", "ship:review"]);
    let lost: Vec<_> = catalogue
        .shadowed
        .iter()
        .map(|lost| format!("{} < {}", tree.relative(&lost.skill.path), tree.relative(&lost.by)))
        .collect();
    let winner = "repo/app/.tau/skills/review/SKILL.md";
    assert_eq!(
        lost,
        [
            format!("repo/app/.agents/skills/review/SKILL.md < {winner}"),
            format!("repo/.claude/skills/review/SKILL.md < {winner}"),
            format!("home/.claude/skills/review/SKILL.md < {winner}"),
            format!("repo/.claude/commands/review.md < {winner}"),
        ]
    );
    let said = catalogue.shadowed[2].to_string();
    assert!(said.ends_with("; reached as user:review"), "{said}");
}

#[test]
fn names_are_found_by_what_people_and_models_call_them() {
    let tree = tree();
    tree.write("repo/.agents/skills/folder-name/SKILL.md", "---\nname: label\ndescription: x\n---\n");
    let catalogue = discover(&tree);
    let found = |name: &str| catalogue.find(name).map(|skill| tree.relative(&skill.path));
    for (name, path) in [
        ("review", Some("repo/app/.tau/skills/review/SKILL.md")),
        ("/review", Some("repo/app/.tau/skills/review/SKILL.md")),
        ("project:review", Some("repo/app/.tau/skills/review/SKILL.md")),
        ("user:review", Some("home/.claude/skills/review/SKILL.md")),
        ("ship:review", Some("plugin/skills/review/SKILL.md")),
        ("deploy", Some("plugin/skills/deploy/SKILL.md")),
        ("label", Some("repo/.agents/skills/folder-name/SKILL.md")),
        ("folder-name", Some("repo/.agents/skills/folder-name/SKILL.md")),
        ("commit", Some("repo/.claude/commands/git/commit.md")),
        ("ignored", None),
        ("other:review", None),
        ("", None),
    ] {
        assert_eq!(found(name).as_deref(), path, "{name}");
        let names = catalogue.names();
        let known = names.get(name.trim_start_matches('/')).map(|skill| tree.relative(&skill.path));
        assert_eq!(known.as_deref(), path, "{name}");
        if let Some(skill) = catalogue.find(name) {
            assert_eq!(catalogue.find(&catalogue.identity(skill)), Some(skill), "{name}");
        }
    }
}

#[test]
fn commands_are_named_after_their_files_and_described_by_their_text() {
    let tree = tree();
    let catalogue = discover(&tree);
    let fix = &catalogue.skills["fix"];
    assert_eq!((fix.kind, fix.description.as_str()), (Kind::Command, "Fix issue $ARGUMENTS"));
    assert_eq!(catalogue.skills["commit"].description, "Commits.");
    assert_eq!(fix.body().unwrap().text, "Fix issue $ARGUMENTS\n");
    assert!(fix.resources().unwrap().files.is_empty());
}

#[test]
fn skills_below_the_working_folder_come_with_the_files_beside_them() {
    let tree = tree();
    let (app, file) = (tree.at("repo/app"), tree.at("repo/app/ui/src/button.tsx"));
    assert_eq!(nested_roots(&app, &file), [tree.at("repo/app/ui/.claude/skills")]);
    assert!(nested_roots(&app, &tree.at("repo/app/main.rs")).is_empty());
    assert!(nested_roots(&app, &tree.at("home/x")).is_empty());
    let catalogue = Discovery::new().root(&nested_roots(&app, &file)[0], Scope::Project).discover();
    assert_eq!(names(&catalogue), ["paint"]);
}
