use std::path::Path;

use tau_skills::{Discovery, Limits, Scope, WarningKind};

use crate::tree::{Tree, names};

#[test]
fn the_project_wins_over_the_user_whatever_the_order_of_roots() {
    let tree = Tree::new(&[]);
    for folder in ["user/both", "user/mine", "claude/both", "agents/both", "agents/ours"] {
        tree.skill(folder, folder);
    }
    let catalogue = Discovery::new()
        .root(tree.at("user"), Scope::User)
        .root(tree.at("absent"), Scope::User)
        .root(tree.at("claude"), Scope::Project)
        .root(tree.at("agents"), Scope::Project)
        .discover();
    let found: Vec<_> = catalogue
        .skills
        .values()
        .map(|skill| (skill.name.as_str(), skill.description.as_str(), skill.scope))
        .collect();
    assert_eq!(
        found,
        [
            ("both", "claude/both", Scope::Project),
            ("mine", "user/mine", Scope::User),
            ("ours", "agents/ours", Scope::Project),
        ]
    );
    let shadowed: Vec<_> = catalogue
        .shadowed
        .iter()
        .map(|lost| (tree.relative(&lost.skill.path), lost.skill.scope, tree.relative(&lost.by)))
        .collect();
    let path = |folder: &str| Path::new(folder).join("both").join("SKILL.md").display().to_string();
    assert_eq!(
        shadowed,
        [(path("agents"), Scope::Project, path("claude")), (path("user"), Scope::User, path("claude"))]
    );
    assert!(catalogue.skipped.is_empty());
    assert_eq!(catalogue.warnings, []);
}

#[test]
fn within_a_root_the_shallower_then_the_first_by_name_wins() {
    let tree = Tree::new(&[]);
    for folder in ["skills/z/same", "skills/a/deep/same", "skills/b/same", "skills/c/other"] {
        tree.skill(folder, folder);
    }
    let catalogue = tree.discover();
    assert_eq!(catalogue.skills["same"].description, "skills/b/same");
    let lost: Vec<_> = catalogue.shadowed.iter().map(|lost| lost.skill.description.as_str()).collect();
    assert_eq!(lost, ["skills/z/same", "skills/a/deep/same"]);
}

#[test]
fn looks_in_skills_but_not_in_git_or_node_modules() {
    let tree = Tree::new(&[]);
    for folder in [
        "skills/outer",
        "skills/outer/nested/inner",
        "skills/.hidden/dotted",
        "skills/.git/no",
        "skills/outer/node_modules/neither",
    ] {
        tree.skill(folder, "x");
    }
    assert_eq!(names(&tree.discover()), ["dotted", "inner", "outer"]);
    // A root that is a skill itself.
    let catalogue = Discovery::new().root(tree.at("skills/outer/nested/inner"), Scope::User).discover();
    assert_eq!(names(&catalogue), ["inner"]);
}

#[test]
fn depth_and_number_of_folders_are_limited_and_reported() {
    let tree = Tree::new(&[]);
    tree.skill("skills/1/2/3/4/5/six", "x");
    tree.skill("skills/1/2/3/4/5/6/seven", "x");
    tree.skill("skills/1/2/3/4/5/6/eight", "x");
    let catalogue = tree.discover();
    assert_eq!(names(&catalogue), ["six"]);
    assert_eq!(tree.skipped(&catalogue), [("skills".to_owned(), "2 folders are too deep".to_owned())]);

    let tree = Tree::new(&[]);
    for folder in ["skills/a", "skills/b", "skills/c", "other/d"] {
        tree.skill(folder, "x");
    }
    let search =
        Discovery::new().root(tree.at("skills"), Scope::Project).root(tree.at("other"), Scope::Project);
    let catalogue = search.clone().limits(Limits::default().max_folders(3)).discover();
    // The root itself is one of the three; the next root has its own count.
    assert_eq!(names(&catalogue), ["a", "b", "d"]);
    assert_eq!(tree.skipped(&catalogue), [("skills".to_owned(), "more than 3 folders".to_owned())]);
    let catalogue = search.limits(Limits::default().max_folders(4)).discover();
    assert_eq!((names(&catalogue).len(), catalogue.skipped.len()), (4, 0));
}

#[test]
fn whatever_is_not_loaded_has_a_reason() {
    let long = format!("---\nname: long\nnote: {}\n---\n", "x".repeat(70_000));
    let cases: &[(&str, &[u8], &str)] = &[
        ("b", b"---\nname: b\ndescription: x\n", "front matter without an end"),
        ("c", long.as_bytes(), "front matter longer than 65536 bytes"),
        ("d", b"---\nname: d\n---\n", "no description"),
        ("e", b"---\nname: e\ndescription: '  '\n---\n", "no description"),
        ("f", b"---\nname: f\nstray\n---\n", "no description"),
        ("g", b"---\njust text\n---\n", "no description"),
        ("h", b"---\nname: \"a\\nb\"\ndescription: x\n---\n", "unusable name"),
        ("i", b"---\nname: caf\xE9\ndescription: x\n---\n", "not UTF-8 at byte 13"),
        ("j", b"", "no description"),
    ];
    let tree = Tree::new(&[("skills/l/skill.md", "---\nname: l\ndescription: x\n---\n")]);
    for (folder, bytes, _) in cases {
        tree.write(&format!("skills/{folder}/SKILL.md"), bytes);
    }
    std::fs::create_dir_all(tree.at("skills/m/SKILL.md")).unwrap();
    tree.skill("skills/fine", "x");
    let catalogue = tree.discover();
    assert_eq!(names(&catalogue), ["fine"]);

    let mut expected: Vec<(String, String)> = cases
        .iter()
        .map(|(folder, _, reason)| (format!("skills/{folder}/SKILL.md"), (*reason).to_owned()))
        .collect();
    expected.push(("skills/l/skill.md".to_owned(), "not named SKILL.md".to_owned()));
    expected.push(("skills/m/SKILL.md".to_owned(), "not a regular file".to_owned()));
    let mut skipped = tree.skipped(&catalogue);
    skipped.sort();
    assert_eq!(skipped, expected);
}

#[test]
fn without_fields_the_body_says_what_a_skill_is() {
    let cases: &[(&str, &str, &str, &str)] = &[
        ("a", "# Title\n\nDoes it.\nReally.\n\nMore\n", "Does it. Really.", "no front matter"),
        ("b", "# Only a title\n", "Only a title", "no front matter"),
        ("c", "\n---\nname: x\n---\n", "--- name: x ---", "no front matter"),
        (
            "d",
            "---\nname: d\n---\n\nBody\n",
            "Body",
            "no description; it is described by its first paragraph",
        ),
        ("e", "---\nname: q\nstray\n---\nBody\n", "Body", "front matter is not YAML, at line 2, column 1"),
        ("f", "---\njust text\n---\nBody\n", "Body", "front matter is not a mapping of fields"),
    ];
    for (folder, text, description, warning) in cases {
        let tree = Tree::new(&[]);
        tree.write(&format!("skills/{folder}/SKILL.md"), text);
        let catalogue = tree.discover();
        assert_eq!(catalogue.skills[*folder].description, *description, "{folder}");
        let [said] = catalogue.warnings.as_slice() else { panic!("{folder}: {:?}", catalogue.warnings) };
        assert!(said.kind.to_string().starts_with(warning), "{folder}: {said}");
        assert!(catalogue.skipped.is_empty());
    }
}

#[test]
fn fields_that_cannot_be_read_do_not_show_a_hidden_skill() {
    let head = "---\ndisable-model-invocation: true\nallowed-tools: Bash\nstray\n---\nDeploys.\n";
    let tree = Tree::new(&[("skills/deploy/SKILL.md", head)]);
    let skill = tree.discover().skills.remove("deploy").unwrap();
    assert!(!skill.front_matter.is_model_invocable());
    assert_eq!(skill.front_matter.allowed_tools, [""; 0]);
}

#[test]
fn departures_from_the_specification_are_warnings() {
    let long = "d".repeat(1025);
    let format = |name: &str| WarningKind::NameFormat { name: name.to_owned() };
    let other = |name: &str, folder: &str| WarningKind::NameIsNotFolder {
        name: name.to_owned(),
        folder: folder.to_owned(),
    };
    let cases: Vec<(&str, String, Vec<WarningKind>)> = vec![
        ("plain", "name: plain\ndescription: x".to_owned(), vec![]),
        ("技能", "name: 技能\ndescription: x".to_owned(), vec![]),
        ("мой-навык", "name: мой-навык\ndescription: x".to_owned(), vec![]),
        ("НАВЫК", "name: НАВЫК\ndescription: x".to_owned(), vec![format("НАВЫК")]),
        ("Upper", "name: Upper\ndescription: x".to_owned(), vec![format("Upper")]),
        ("two--hyphens", "name: two--hyphens\ndescription: x".to_owned(), vec![format("two--hyphens")]),
        ("edge-", "name: edge-\ndescription: x".to_owned(), vec![format("edge-")]),
        ("under_score", "name: under_score\ndescription: x".to_owned(), vec![format("under_score")]),
        ("folder", "name: other\ndescription: x".to_owned(), vec![other("other", "folder")]),
        ("spaced", "name: A b\ndescription: x".to_owned(), vec![other("A b", "spaced"), format("A b")]),
        (
            "nameless",
            "description: x".to_owned(),
            vec![WarningKind::NoName { folder: "nameless".to_owned() }],
        ),
        (
            "wordy",
            format!("name: wordy\ndescription: {long}"),
            vec![WarningKind::LongDescription { characters: 1025 }],
        ),
        ("colon", "name: colon\ndescription: a: b".to_owned(), vec![WarningKind::InvalidYamlRepaired]),
    ];
    for (folder, source, expected) in cases {
        let tree = Tree::new(&[]);
        tree.write(&format!("skills/{folder}/SKILL.md"), format!("---\n{source}\n---\n"));
        let catalogue = tree.discover();
        assert_eq!(catalogue.skills.len(), 1, "{folder}");
        let kinds: Vec<_> = catalogue.warnings.into_iter().map(|warning| warning.kind).collect();
        assert_eq!(kinds, expected, "{folder}");
    }
}

#[test]
fn byte_order_mark_and_windows_line_ends_are_fine() {
    let tree = Tree::new(&[(
        "skills/win/SKILL.md",
        "\u{feff}---\r\nname: win\r\ndescription: a --- b\r\n---\r\nBody\r\n",
    )]);
    let catalogue = tree.discover();
    assert_eq!(catalogue.skills["win"].description, "a --- b");
    assert_eq!(catalogue.skills["win"].body().unwrap().text, "Body\n");
    assert!(catalogue.warnings.is_empty() && catalogue.skipped.is_empty());
}

#[test]
fn finds_six_thousand_skills() {
    let tree = Tree::new(&[]);
    for index in 0..6_000 {
        tree.skill(&format!("skills/group-{}/skill-{index:04}", index % 60), "Does one thing well.");
    }
    let catalogue = Discovery::new()
        .root(tree.at("skills"), Scope::Project)
        .limits(Limits::default().max_folders(10_000))
        .discover();
    assert_eq!((catalogue.skills.len(), catalogue.skipped.len(), catalogue.warnings.len()), (6_000, 0, 0));
    let listing = catalogue.render(8_000);
    assert!(listing.text.len() <= 8_000);
    assert_eq!(listing.text.lines().count() - 1 + listing.omitted, 6_000);
    assert_eq!(tree.discover().skills, catalogue.skills);
}
