use proptest::prelude::*;
use tau_skills::FrontMatter;

use crate::tree::Tree;

/// Pieces of front matter, right and wrong, so that the parser and the repair meet each other's corners.
fn source() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "name: ",
            "description: ",
            "metadata:\n",
            "allowed-tools: ",
            "- ",
            "  ",
            "\t",
            "\n",
            "\r\n",
            ": ",
            "'",
            "\"",
            "[",
            "]",
            "{",
            "}",
            "&a ",
            "*a",
            "|",
            ">-\n",
            "#",
            "!",
            "%",
            "@",
            "`",
            "? ",
            "<<: ",
            "\u{feff}",
            "1.10",
            "~",
            "---",
            "...",
            "\\",
            ",",
            "é",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,8}",
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// A plain value that needs no quotes.
fn words() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9 ]{0,30}[a-z]"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn parsing_is_total_and_deterministic(source in source()) {
        match (FrontMatter::parse(&source), FrontMatter::parse(&source)) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one, other),
            (Err(one), Err(other)) => prop_assert_eq!(one.kind(), other.kind()),
            (one, other) => prop_assert!(false, "{one:?} and {other:?}"),
        }
    }

    #[test]
    fn an_unquoted_colon_changes_no_word(before in words(), after in words()) {
        let source = format!("name: x\ndescription: {before}: {after}\nlicense: MIT\n");
        let (fields, _) = FrontMatter::parse(&source).unwrap();
        prop_assert_eq!(fields.description.unwrap(), format!("{before}: {after}"));
        prop_assert_eq!(fields.name.unwrap(), "x");
        prop_assert_eq!(fields.license.unwrap(), "MIT");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn discovery_is_total_and_listings_are_bounded(
        heads in proptest::collection::vec(source(), 1..5),
        descriptions in proptest::collection::vec("\\PC{1,90}", 0..6),
        budgets in proptest::collection::vec(0_usize..2_000, 12),
    ) {
        let tree = Tree::new(&[]);
        for (index, head) in heads.iter().enumerate() {
            tree.write(&format!("skills/wild-{index}/SKILL.md"), format!("---\n{head}\n---\nbody"));
        }
        for (index, description) in descriptions.iter().enumerate() {
            let description = serde_json::to_string(description).unwrap();
            tree.skill(&format!("skills/tame-{index}"), &description);
        }
        let catalogue = tree.discover();
        // Every folder is accounted for.
        let accounted = catalogue.skills.len() + catalogue.shadowed.len() + catalogue.skipped.len();
        prop_assert_eq!(accounted, heads.len() + descriptions.len());

        let listed = catalogue.skills.values().filter(|skill| skill.front_matter.is_model_invocable()).count();
        for budget in budgets {
            let listing = catalogue.render(budget);
            prop_assert_eq!(&listing, &tree.discover().render(budget));
            prop_assert!(listing.text.len() <= budget);
            let entries = listing.text.lines().filter(|line| line.starts_with("- ")).count();
            prop_assert_eq!(entries + listing.omitted, listed);
        }
        prop_assert_eq!(catalogue.render(usize::MAX).omitted + catalogue.render(usize::MAX).shortened, 0);
    }
}
