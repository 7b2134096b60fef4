use tau_skills::Catalogue;

use crate::tree::Tree;

fn catalogue() -> (Tree, Catalogue) {
    let tree = Tree::new(&[]);
    for (name, description) in [
        ("pdf-render", "Renders pages of a PDF as images. Use when a document has to be looked at."),
        ("review", "Reviews a change before it is merged."),
        ("release-notes", "Writes release notes from the commits since the last tag."),
        ("deploy", "Deploys a service to staging or production, and rolls back."),
        ("sql-tuning", "Finds slow queries in PostgreSQL and says which index is missing."),
    ] {
        tree.skill(&format!("skills/{name}"), &format!("\"{description}\""));
    }
    let catalogue = tree.discover();
    (tree, catalogue)
}

#[test]
fn prompts_find_the_skill_that_is_meant() {
    let (_tree, catalogue) = catalogue();
    for (prompt, expected) in [
        ("please render the pages of report.pdf", Some("pdf-render")),
        ("Can you REVIEW my changes?", Some("review")),
        ("our queries are slow, is there an index missing?", Some("sql-tuning")),
        ("roll the service back on staging", Some("deploy")),
        ("write the notes for the next release", Some("release-notes")),
        ("/deploy now", Some("deploy")),
        ("what is the weather like in Bern?", None),
        ("", None),
    ] {
        let matches = catalogue.matches(prompt, 3);
        assert_eq!(matches.first().map(|found| found.skill.name.as_str()), expected, "{prompt}: {matches:?}");
    }
}

#[test]
fn a_match_says_why() {
    let (_tree, catalogue) = catalogue();
    let matches = catalogue.matches("deploy the service", 1);
    let words: Vec<_> = matches[0].words.iter().map(|(word, points)| (word.as_str(), *points)).collect();
    assert_eq!(words, [("deploy", 100), ("deplo", 9), ("servic", 3)]);
    assert_eq!(matches[0].points, 112);
}
