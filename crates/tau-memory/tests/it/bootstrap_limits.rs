use tau_memory::Bootstrap;
use tau_memory::bootstrap::{Limits, SkipReason};
use tau_memory::text::Truncation;

use crate::tree::Tree;

fn lines(letter: &str, bytes: usize) -> Vec<u8> {
    format!("{}\n", letter.repeat(9)).repeat(bytes / 10).into_bytes()
}

#[test]
fn a_long_file_is_cut_marked_and_reported() {
    let tree = Tree::new(&[("AGENTS.md", b"one\ntwo\nthree\n"), ("CLAUDE.md", b"fits\n")]);
    let context = Bootstrap::new(tree.root()).limits(Limits::default().per_file_bytes(9)).load();
    let truncation = Truncation::new(8, 14);
    assert_eq!(Tree::sections(&context), [("AGENTS.md", "one\ntwo"), ("CLAUDE.md", "fits")]);
    assert_eq!(context.sections[0].truncation, Some(truncation));
    assert_eq!(tree.skipped(&context), [("AGENTS.md".to_owned(), SkipReason::Truncated(truncation))]);
    assert!(context.render().contains("path=\"AGENTS.md\" truncated=\"first 8 of 14 bytes\">\none\ntwo\n<"));
}

#[test]
fn room_goes_to_the_user_then_to_the_nearest_folder() {
    let tree = Tree::new(&[
        ("home.md", &lines("u", 400)),
        ("repo/AGENTS.md", &lines("r", 400)),
        ("repo/a/AGENTS.md", &lines("a", 400)),
        ("repo/a/b/AGENTS.md", &lines("b", 400)),
    ]);
    let bootstrap =
        Bootstrap::new(tree.at("repo/a/b")).boundary(tree.at("repo")).user_file(tree.at("home.md"));
    let load = |total| bootstrap.clone().limits(Limits::default().total_bytes(total)).load();
    let whole = load(100_000);
    assert_eq!(whole.sections.len(), 4);
    assert_eq!(whole.skipped, []);
    let cost: Vec<usize> = whole.sections.iter().map(|section| section.render().len()).collect();

    // Exactly enough, then one byte too little: the most general file of the project pays.
    let exact = cost.iter().sum::<usize>();
    assert_eq!(load(exact), whole);
    let less = load(exact - 1);
    assert!(less.render().len() < exact);
    let cut: Vec<bool> = less.sections.iter().map(|section| section.truncation.is_some()).collect();
    assert_eq!(cut, [false, true, false, false]);
    assert_eq!(less.skipped.len(), 1);

    // Room for the user's file and half of the nearest one; order stays general to specific.
    let little = load(cost[0] + cost[3] / 2);
    let labels: Vec<&str> = little.sections.iter().map(|section| section.label.as_str()).collect();
    assert_eq!(labels[1..], ["a/b/AGENTS.md"]);
    assert!(little.render().len() <= cost[0] + cost[3] / 2);
    let reasons = tree.skipped(&little);
    assert_eq!(reasons[0], ("repo/AGENTS.md".to_owned(), SkipReason::TotalLimit { total_bytes: 400 }));
    assert_eq!(reasons[1], ("repo/a/AGENTS.md".to_owned(), SkipReason::TotalLimit { total_bytes: 400 }));
    assert!(
        matches!(reasons[2].1, SkipReason::Truncated(cut) if cut.total_bytes == 400 && cut.kept_bytes % 10 == 0)
    );

    let none = load(0);
    assert_eq!((none.sections.len(), none.skipped.len(), none.render()), (0, 4, String::new()));
}

#[test]
fn a_huge_file_is_read_only_up_to_the_limit() {
    let tree = Tree::new(&[]);
    // A sparse file of 1 TiB: reading it whole would not end.
    let file = std::fs::File::create(tree.at("AGENTS.md")).unwrap();
    std::io::Write::write_all(&mut &file, &lines("x", 100_000)).unwrap();
    file.set_len(1 << 40).unwrap();
    let context = Bootstrap::new(tree.root()).load();
    let kept = 65_530;
    assert_eq!(context.sections[0].text.len(), kept);
    let truncated = SkipReason::Truncated(Truncation::new(kept as u64, 1 << 40));
    assert_eq!(tree.skipped(&context), [("AGENTS.md".to_owned(), truncated)]);
}
