use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};

use tau_memory::Bootstrap;
use tau_memory::bootstrap::SkipReason;
use tau_memory::text::ReadErrorKind;

use crate::tree::Tree;

#[test]
fn a_link_out_of_the_boundary_is_not_read() {
    let tree = Tree::new(&[("secret", b"private key"), ("outside/CLAUDE.md", b"planted")]);
    let repo = tree.dir("repo");
    symlink(tree.at("secret"), repo.join("AGENTS.md")).unwrap();
    // The file name is innocent; the folder in it is the link.
    symlink(tree.at("outside"), repo.join(".claude")).unwrap();
    let context = Bootstrap::new(&repo).boundary(&repo).file_names(["AGENTS.md", ".claude/CLAUDE.md"]).load();
    assert_eq!(Tree::sections(&context), []);
    let outside = |path| SkipReason::OutsideBoundary { target: tree.at(path) };
    assert_eq!(
        tree.skipped(&context),
        [
            ("repo/AGENTS.md".to_owned(), outside("secret")),
            ("repo/.claude/CLAUDE.md".to_owned(), outside("outside/CLAUDE.md")),
        ]
    );
}

#[test]
fn links_inside_the_boundary_are_followed_once() {
    let tree = Tree::new(&[("docs/rules.md", b"rules"), ("sub/AGENTS.md", b"sub")]);
    symlink("docs/rules.md", tree.at("AGENTS.md")).unwrap();
    symlink("AGENTS.md", tree.at("CLAUDE.md")).unwrap();
    symlink("../sub/AGENTS.md", tree.at("sub/CLAUDE.md")).unwrap();
    let context = Bootstrap::new(tree.at("sub")).boundary(tree.root()).load();
    assert_eq!(Tree::sections(&context), [("AGENTS.md", "rules"), ("sub/AGENTS.md", "sub")]);
    let duplicate = |path| SkipReason::Duplicate { of: tree.at(path) };
    assert_eq!(
        tree.skipped(&context),
        [
            ("CLAUDE.md".to_owned(), duplicate("AGENTS.md")),
            ("sub/CLAUDE.md".to_owned(), duplicate("sub/AGENTS.md")),
        ]
    );
}

#[test]
fn a_users_file_may_be_a_link_to_anywhere() {
    let tree = Tree::new(&[("dotfiles/agents.md", b"mine")]);
    symlink(tree.at("dotfiles/agents.md"), tree.at("AGENTS.md")).unwrap();
    let work = tree.dir("work");
    let context = Bootstrap::new(&work).boundary(&work).user_file(tree.at("AGENTS.md")).load();
    assert_eq!(context.sections[0].text, "mine");
}

#[test]
fn a_working_folder_behind_a_link_is_walked_by_its_real_path() {
    let tree = Tree::new(&[("repo/AGENTS.md", b"repo"), ("repo/sub/AGENTS.md", b"sub")]);
    symlink(tree.at("repo/sub"), tree.at("shortcut")).unwrap();
    let context = Bootstrap::new(tree.at("shortcut")).boundary(tree.at("repo")).load();
    assert_eq!(Tree::sections(&context), [("AGENTS.md", "repo"), ("sub/AGENTS.md", "sub")]);
}

#[test]
fn links_that_lead_nowhere_are_reported() {
    let tree = Tree::new(&[]);
    symlink("absent.md", tree.at("AGENTS.md")).unwrap();
    symlink("CLAUDE.md", tree.at("CLAUDE.md")).unwrap();
    let context = Bootstrap::new(tree.root()).load();
    let reasons = tree.skipped(&context);
    assert_eq!(reasons[0].1, SkipReason::Unreadable(ReadErrorKind::Io(ErrorKind::NotFound)));
    // A loop; the name of its kind is not stable yet.
    assert!(
        matches!(&reasons[1], (path, SkipReason::Unreadable(ReadErrorKind::Io(_))) if path == "CLAUDE.md")
    );
    assert_eq!(reasons.len(), 2);
}

#[test]
fn fifos_and_devices_are_never_opened() {
    let tree = Tree::new(&[]);
    let fifo = tree.at("AGENTS.md");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    // Opening a FIFO without a writer would wait for ever.
    let context = Bootstrap::new(tree.root()).user_file("/dev/zero").load();
    assert_eq!(context.sections, []);
    let not_a_file = || SkipReason::Unreadable(ReadErrorKind::NotAFile);
    assert_eq!(
        tree.skipped(&context),
        [("/dev/zero".to_owned(), not_a_file()), ("AGENTS.md".to_owned(), not_a_file())]
    );
}

#[test]
fn a_file_without_permission_is_reported() {
    let tree = Tree::new(&[("AGENTS.md", b"locked"), ("CLAUDE.md", b"open")]);
    std::fs::set_permissions(tree.at("AGENTS.md"), PermissionsExt::from_mode(0o000)).unwrap();
    if std::fs::read(tree.at("AGENTS.md")).is_ok() {
        return; // The superuser may read everything.
    }
    let context = Bootstrap::new(tree.root()).load();
    assert_eq!(Tree::sections(&context), [("CLAUDE.md", "open")]);
    let reason = SkipReason::Unreadable(ReadErrorKind::Io(ErrorKind::PermissionDenied));
    assert_eq!(tree.skipped(&context), [("AGENTS.md".to_owned(), reason)]);
}

#[test]
fn a_folder_name_cannot_break_out_of_its_attribute() {
    let tree = Tree::new(&[("a\"><b\n/AGENTS.md", b"x")]);
    let context = Bootstrap::new(tree.at("a\"><b\n")).boundary(tree.root()).load();
    let expected =
        "<instructions scope=\"project\" path=\"a&quot;&gt;&lt;b\\n/AGENTS.md\">\nx\n</instructions>\n";
    assert_eq!(context.render(), expected);
}
