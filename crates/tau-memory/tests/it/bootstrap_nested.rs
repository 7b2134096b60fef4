use tau_memory::bootstrap::{Limits, SkipReason};
use tau_memory::{Bootstrap, SystemContext};

use crate::tree::Tree;

fn tree() -> Tree {
    Tree::new(&[
        ("repo/CLAUDE.md", b"root"),
        ("repo/.claude/rules/always.md", b"always"),
        ("repo/.claude/rules/web/ts.md", b"---\npaths: **/*.{ts,tsx}\n---\nts rule @../../../web/NOTES.md"),
        ("repo/.claude/rules/docs.md", b"---\npaths:\n  - \"docs/**\"\n---\ndocs rule"),
        ("repo/.claude/rules/readme.txt", b"no rule"),
        ("repo/web/AGENTS.md", b"web"),
        ("repo/web/NOTES.md", b"web notes"),
        ("repo/web/.claude/rules/css.md", b"---\npaths: src/*.css\n---\ncss rule"),
        ("repo/web/src/CLAUDE.md", b"src"),
        ("repo/web/src/a.ts", b""),
        ("repo/api/AGENTS.md", b"api"),
        ("else/AGENTS.md", b"else"),
    ])
}

fn texts(context: &SystemContext) -> Vec<String> {
    context.sections.iter().map(|section| section.text.trim().to_owned()).collect()
}

#[test]
fn rules_without_paths_are_loaded_and_the_others_wait() {
    let tree = tree();
    let context = Bootstrap::new(tree.at("repo")).load();
    assert_eq!(texts(&context), ["root", "always"]);
    let waiting: Vec<_> =
        context.conditional.iter().map(|rule| (rule.path.clone(), rule.globs.join(" "))).collect();
    assert_eq!(
        waiting,
        [
            (tree.at("repo/.claude/rules/docs.md"), "docs/**".to_owned()),
            (tree.at("repo/.claude/rules/web/ts.md"), "**/*.{ts,tsx}".to_owned()),
        ]
    );
    assert_eq!(tree.skipped(&context), []);
}

#[test]
fn what_applies_to_a_file_comes_when_it_is_touched_and_only_once() {
    let tree = tree();
    let bootstrap = Bootstrap::new(tree.at("repo"));
    let mut context = bootstrap.load();
    let mut touch = |path: &str| {
        let more = bootstrap.nested_for(&tree.at(path), &context);
        assert_eq!(tree.skipped(&more), [], "{path}");
        let texts = texts(&more);
        context.extend(more);
        texts
    };
    assert_eq!(touch("repo/main.rs"), [""; 0]);
    assert_eq!(touch("else/x.ts"), [""; 0]);
    assert_eq!(touch("repo/web/src/a.ts"), ["ts rule @../../../web/NOTES.md", "web notes", "web", "src"]);
    assert_eq!(touch("repo/web/src/a.ts"), [""; 0]);
    assert_eq!(touch("repo/web/src/new.css"), ["css rule"]);
    assert_eq!(touch("repo/web/src/other.css"), [""; 0]);
    assert_eq!(touch("repo/api/x.tsx"), ["api"]);
    assert_eq!(touch("repo/gone/deep/x.rs"), [""; 0]);
    assert_eq!(context.conditional.len(), 3);
}

#[test]
fn the_limit_is_for_all_that_is_loaded() {
    let tree = tree();
    let bootstrap = Bootstrap::new(tree.at("repo"));
    let size = bootstrap.load().render().len();
    let bootstrap = bootstrap.limits(Limits::default().total_bytes(size + 10));
    let more = bootstrap.nested_for(&tree.at("repo/api/x.rs"), &bootstrap.load());
    assert_eq!(more.sections, []);
    assert_eq!(
        tree.skipped(&more),
        [("repo/api/AGENTS.md".to_owned(), SkipReason::TotalLimit { total_bytes: 3 })]
    );
}
