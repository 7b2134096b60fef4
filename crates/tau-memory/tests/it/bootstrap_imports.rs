use std::io::ErrorKind;

use tau_memory::Bootstrap;
use tau_memory::bootstrap::{OutsideImports, SkipReason};
use tau_memory::text::ReadErrorKind;

use crate::tree::Tree;

#[test]
fn imports_stand_behind_the_file_that_takes_them_in() {
    let tree = Tree::new(&[
        (
            "repo/CLAUDE.md",
            b"See @docs/style.md and @docs/test.md. Ask @team, `@docs/not.md`, or @docs/gone.md\n",
        ),
        ("repo/docs/style.md", b"Style. @more/tabs.md\n"),
        ("repo/docs/more/tabs.md", b"Tabs. @../test.md\n"),
        ("repo/docs/test.md", b"Test.\n"),
        ("repo/docs/not.md", b"Not.\n"),
        ("repo/sub/AGENTS.md", b"Sub.\n"),
    ]);
    let context = Bootstrap::new(tree.at("repo/sub")).boundary(tree.at("repo")).load();
    let labels: Vec<_> = context.sections.iter().map(|section| section.label.as_str()).collect();
    assert_eq!(labels, ["CLAUDE.md", "docs/style.md", "docs/more/tabs.md", "docs/test.md", "sub/AGENTS.md"]);
    assert_eq!(
        tree.skipped(&context),
        [
            ("repo/docs/test.md".to_owned(), SkipReason::Duplicate { of: tree.at("repo/docs/test.md") }),
            ("repo/docs/gone.md".to_owned(), SkipReason::Unreadable(ReadErrorKind::Io(ErrorKind::NotFound))),
        ]
    );
}

#[test]
fn circles_end_and_so_do_long_chains() {
    let tree = Tree::new(&[
        ("CLAUDE.md", b"@a.md @CLAUDE.md"),
        ("a.md", b"a @b.md"),
        ("b.md", b"b @a.md @1.md"),
        ("1.md", b"1 @2.md"),
        ("2.md", b"2 @3.md"),
        ("3.md", b"3"),
    ]);
    let context = Bootstrap::new(tree.root()).load();
    let labels: Vec<_> = context.sections.iter().map(|section| section.label.as_str()).collect();
    assert_eq!(labels, ["CLAUDE.md", "a.md", "b.md", "1.md", "2.md"]);
    assert_eq!(
        tree.skipped(&context),
        [
            ("a.md".to_owned(), SkipReason::ImportCycle { from: tree.at("b.md") }),
            ("3.md".to_owned(), SkipReason::ImportDepth { limit: 4 }),
            ("CLAUDE.md".to_owned(), SkipReason::ImportCycle { from: tree.at("CLAUDE.md") }),
        ]
    );
}

#[test]
fn a_project_takes_in_nothing_from_outside_unless_it_may() {
    let tree = Tree::new(&[
        ("repo/CLAUDE.md", b"@../secret.md @~/.ssh/id_rsa.md"),
        ("secret.md", b"secret"),
        ("home/.ssh/id_rsa.md", b"key"),
        ("home/mine.md", b"Mine. @~/more.md @notes/x.md"),
        ("home/more.md", b"more"),
        ("home/notes/x.md", b"x"),
    ]);
    let bootstrap = Bootstrap::new(tree.at("repo")).home(tree.at("home")).user_file(tree.at("home/mine.md"));
    let context = bootstrap.load();
    let texts = |context: &tau_memory::SystemContext| {
        context.sections.iter().map(|section| section.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&context)[1..3], ["more", "x"]);
    assert_eq!(context.sections.len(), 4);
    let from = || SkipReason::ImportOutside { from: tree.at("repo/CLAUDE.md") };
    assert_eq!(
        tree.skipped(&context),
        [("secret.md".to_owned(), from()), ("home/.ssh/id_rsa.md".to_owned(), from())]
    );
    let context = bootstrap.outside_imports(OutsideImports::Allowed).load();
    assert_eq!(texts(&context)[4..], ["secret", "key"]);
}

#[test]
fn an_override_takes_the_place_of_its_file() {
    let tree = Tree::new(&[
        ("AGENTS.md", b"base"),
        ("AGENTS.override.md", b"mine"),
        ("CLAUDE.md", b"<!-- for people -->\nclaude"),
        (".claude/CLAUDE.md", b"inner"),
        ("CLAUDE.local.md", b"local"),
    ]);
    let context = Bootstrap::new(tree.root()).load();
    let expected = [
        ("AGENTS.override.md", "mine"),
        ("CLAUDE.md", "claude"),
        (".claude/CLAUDE.md", "inner"),
        ("CLAUDE.local.md", "local"),
    ];
    assert_eq!(Tree::sections(&context), expected);
    let by = tree.at("AGENTS.override.md");
    assert_eq!(tree.skipped(&context), [("AGENTS.md".to_owned(), SkipReason::Overridden { by })]);
}
