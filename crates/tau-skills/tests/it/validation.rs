//! The verdicts here are those of `skills-ref` 0.1.1, asked about the same text.

use tau_skills::validation::{Issue, YamlIssue, check, validate};

use crate::tree::Tree;

fn head(name: &str, more: &str) -> String {
    format!("---\nname: {name}\ndescription: Does it\n{more}---\nbody\n")
}

#[test]
fn names_are_judged_by_their_characters_in_one_normal_form() {
    for name in [
        "a",
        "a-b-2",
        "技能",
        "мой-навык",
        "навык",
        "café",
        "cafe\u{301}",
        "s²",
        "ﬁx",
        "ⅷ",
        "١",
        "ª",
        "①",
        "ʰ",
    ] {
        assert_eq!(check(&head(name, ""), name), [], "{name}");
    }
    let name = |name: &str| name.to_owned();
    for (written, expected) in [
        ("Upper", Issue::NameNotLowercase { name: name("Upper") }),
        ("НАВЫК", Issue::NameNotLowercase { name: name("НАВЫК") }),
        ("-a", Issue::NameHyphens { name: name("-a") }),
        ("a-", Issue::NameHyphens { name: name("a-") }),
        ("a--b", Issue::NameHyphens { name: name("a--b") }),
        ("a_b", Issue::NameCharacters { name: name("a_b") }),
        ("two words", Issue::NameCharacters { name: name("two words") }),
        // Its vowel signs are marks and no letters.
        ("हिन्दी", Issue::NameCharacters { name: name("हिन्दी") }),
    ] {
        assert_eq!(check(&head(written, ""), written), [expected], "{written}");
    }
    let long = "x".repeat(70);
    let expected = Issue::TooManyCharacters { field: "name", characters: 70, limit: 64 };
    assert_eq!(check(&head(&long, ""), &long), [expected]);
    let expected = Issue::NameIsNotFolder { name: name("a"), folder: name("b") };
    assert_eq!(check(&head("a", ""), "b"), [expected]);
    // The folder is compared in the normal form too.
    assert_eq!(check(&head("café", ""), "cafe\u{301}"), []);
}

#[test]
fn fields_are_six_and_bounded() {
    let all = "license: MIT\ncompatibility:\nmetadata:\n  version: 1.0\nallowed-tools:\n  - Read\n";
    assert_eq!(check(&head("a", all), "a"), []);
    let unknown = Issue::UnknownFields { fields: vec!["model".to_owned(), "version".to_owned()] };
    assert_eq!(check(&head("a", "version: 1.0\nmodel: x\n"), "a"), [unknown]);
    let compatibility = format!("compatibility: {}\n", "y".repeat(501));
    let expected = Issue::TooManyCharacters { field: "compatibility", characters: 501, limit: 500 };
    assert_eq!(check(&head("a", &compatibility), "a"), [expected]);
    let expected = Issue::NotText { field: "compatibility" };
    assert_eq!(check(&head("a", "compatibility:\n- x\n"), "a"), [expected]);
    let description = |text: &str| check(&format!("---\nname: a\ndescription: {text}\n---\n"), "a");
    let expected = Issue::TooManyCharacters { field: "description", characters: 1_100, limit: 1_024 };
    assert_eq!(description(&"y".repeat(1_100)), [expected]);
    for empty in ["", "''", "#hash", "' '", "<<", "=", "\n- a"] {
        assert_eq!(description(empty), [Issue::NotText { field: "description" }], "{empty:?}");
    }
    assert_eq!(
        check("---\nlicense: x\n---\n", "a"),
        [Issue::Missing { field: "name" }, Issue::Missing { field: "description" }]
    );
}

#[test]
fn front_matter_begins_at_the_first_byte_and_ends_at_the_next_dashes() {
    assert_eq!(check(&head("a", "").replace('\n', "\r\n"), "a"), []);
    assert_eq!(check("---\nname: a\ndescription: b --- c\n---\n", "a"), []);
    assert_eq!(check("---name: a\ndescription: b---", "a"), []);
    assert_eq!(check(&format!("\u{feff}{}", head("a", "")), "a"), [Issue::NoFrontMatter]);
    assert_eq!(check(&format!("\n{}", head("a", "")), "a"), [Issue::NoFrontMatter]);
    assert_eq!(check("---\nname: a\n", "a"), [Issue::UnterminatedFrontMatter]);
    assert_eq!(check("---\n- a\n---\n", "a"), [Issue::NotAMapping]);
    assert_eq!(check("---\n---\n", "a"), [Issue::NotAMapping]);
}

#[test]
fn yaml_is_the_strict_subset() {
    let license = |value: &str| check(&head("a", &format!("license: {value}\n")), "a");
    for taken in [
        "'it''s'",
        "\"\\x41\\u00e9\"",
        "\"\\ud83d\"",
        "'q'#c",
        "'q' #c",
        "a #hash",
        "a:b",
        "-dash",
        "?q",
        ":c",
        "multi\n  line",
        "|\n  a\n   b",
        ">2-\n  q",
        "\n  k : v",
        "\u{feff}x",
        "x\u{2028}y",
        "a]",
        "<<",
    ] {
        assert_eq!(license(taken), [], "{taken:?}");
    }
    let yaml = |issue| [Issue::Yaml(issue)];
    for (refused, issue) in [
        ("[a, b]", YamlIssue::Flow { line: 4 }),
        ("{a: b}", YamlIssue::Flow { line: 4 }),
        ("&x foo", YamlIssue::Anchor { line: 4 }),
        ("!t foo", YamlIssue::Tag { line: 4 }),
        ("tab\there", YamlIssue::Tab { line: 4 }),
        ("\n  k: v\n  k: w", YamlIssue::DuplicateKey { line: 6 }),
        ("\n  <<: x", YamlIssue::Merge { line: 5 }),
        ("\n  a:\n    b: c\n  d:\n     e: f", YamlIssue::Indentation { line: 8 }),
        ("a\u{7}b", YamlIssue::Unprintable),
        ("Use when: foo", YamlIssue::Syntax { line: 4, column: 18 }),
    ] {
        assert_eq!(license(refused), yaml(issue), "{refused:?}");
    }
    for refused in ["@at", "`tick", "*x", "'unclosed", "\"bad \\q\"", "- dash", "a: ", "\n  ? - a\n  : b"] {
        assert_ne!(license(refused), [], "{refused:?}");
    }
}

#[test]
fn folders_and_files_that_are_no_skill() {
    let tree = Tree::new(&[
        ("lower/skill.md", "---\nname: lower\ndescription: x\n---\n"),
        ("none/x", ""),
        ("file", ""),
    ]);
    tree.skill("a", "x");
    tree.write("bytes/SKILL.md", b"---\nname: bytes\ndescription: x\n---\n\xFF");
    assert_eq!(validate(&tree.at("a")), []);
    assert_eq!(validate(&tree.at("a/SKILL.md")), []);
    assert_eq!(validate(&tree.at("lower")), []);
    assert_eq!(validate(&tree.at("none")), [Issue::NoSkillFile]);
    assert_eq!(validate(&tree.at("file")), [Issue::NotAFolder { path: tree.at("file") }]);
    assert_eq!(validate(&tree.at("gone")), [Issue::Absent { path: tree.at("gone") }]);
    assert!(matches!(validate(&tree.at("bytes"))[..], [Issue::Unreadable(_)]));
}
