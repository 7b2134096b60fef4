use proptest::prelude::*;
use tau_memory::Document;
use tau_memory::bootstrap::{Bootstrap, Limits, SkipReason};
use tau_memory::text::cut_at_line;

use crate::tree::Tree;

/// Pieces that matter to the parsers, so that they meet often.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("---".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("</instructions>".to_owned()),
        Just("  ".to_owned()),
        "\\PC{0,12}",
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => text().prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..64),
    ]
}

proptest! {
    #[test]
    fn documents_are_split_without_loss(text in text()) {
        let document = Document::parse(&text);
        let bare = text.strip_prefix('\u{feff}').unwrap_or(&text);
        prop_assert!(bare.ends_with(document.body));
        match document.front_matter {
            None => prop_assert_eq!(document.body, bare),
            Some(front) => {
                prop_assert!(!document.is_unterminated());
                prop_assert!(!front.lines().any(|line| line.trim_end() == "---"));
                // What is neither front matter nor body is the two fences.
                let before = &bare[..bare.len() - document.body.len()];
                let fences = before.replacen(front, "", 1);
                prop_assert_eq!(fences.split_whitespace().collect::<Vec<_>>(), vec!["---", "---"]);
            }
        }
    }

    #[test]
    fn cuts_are_bounded_starts(text in text(), limit in 0_usize..200) {
        let cut = cut_at_line(&text, limit);
        prop_assert!(cut.len() <= limit);
        prop_assert!(text.starts_with(cut));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn loading_is_total_bounded_and_deterministic(
        files in proptest::collection::vec(file(), 5),
        per_file in 0_usize..200,
        total in 0_usize..600,
    ) {
        let paths = ["user.md", "AGENTS.md", "CLAUDE.md", "sub/AGENTS.md", "sub/CLAUDE.md"];
        let tree = Tree::new(&[]);
        for (path, bytes) in paths.iter().zip(&files) {
            tree.write(path, bytes);
        }
        let limits = Limits::default().per_file_bytes(per_file).total_bytes(total);
        let bootstrap =
            Bootstrap::new(tree.at("sub")).boundary(tree.root()).user_file(tree.at("user.md")).limits(limits);
        let context = bootstrap.load();
        let rendered = context.render();

        prop_assert_eq!(&bootstrap.load(), &context);
        prop_assert!(rendered.len() <= total, "{} over {}", rendered.len(), total);
        prop_assert_eq!(rendered.matches("</instructions").count(), context.sections.len());

        // Every file is accounted for: taken in whole, taken in and reported as cut, or reported.
        for path in paths {
            let path = tree.at(path);
            let section = context.sections.iter().find(|section| section.path == path);
            let reports: Vec<_> = context.skipped.iter().filter(|skip| skip.path == path).collect();
            match section {
                Some(section) => {
                    let expected: Vec<_> = section.truncation.map(SkipReason::Truncated).into_iter().collect();
                    prop_assert_eq!(reports.iter().map(|skip| skip.reason.clone()).collect::<Vec<_>>(), expected);
                }
                None => prop_assert_eq!(reports.len(), 1),
            }
        }
    }
}
