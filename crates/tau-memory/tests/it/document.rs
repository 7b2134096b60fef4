use tau_memory::Document;

#[test]
fn splits() {
    let cases: &[(&str, Option<&str>, &str)] = &[
        ("", None, ""),
        ("plain\n", None, "plain\n"),
        ("---\na: 1\n---\nbody\n", Some("a: 1\n"), "body\n"),
        ("---\r\na: 1\r\n---\r\nbody\r\n", Some("a: 1\r\n"), "body\r\n"),
        ("\u{feff}---\na: 1\n---\nbody", Some("a: 1\n"), "body"),
        ("\u{feff}plain", None, "plain"),
        ("---\n---\n", Some(""), ""),
        ("---\n---", Some(""), ""),
        ("---  \na: 1\n--- \t\nbody", Some("a: 1\n"), "body"),
        // Dashes inside a value or a line are not a fence.
        ("---\na: b --- c\n---\nbody", Some("a: b --- c\n"), "body"),
        ("---\na: |\n  ---\n---\nbody", Some("a: |\n  ---\n"), "body"),
        // A rule in the body stays in the body.
        ("---\na: 1\n---\none\n---\ntwo", Some("a: 1\n"), "one\n---\ntwo"),
        ("\n---\na: 1\n---\n", None, "\n---\na: 1\n---\n"),
        ("----\na: 1\n---\n", None, "----\na: 1\n---\n"),
        ("---\na: 1\n", None, "---\na: 1\n"),
        ("---", None, "---"),
    ];
    for (text, front_matter, body) in cases {
        let document = Document::parse(text);
        assert_eq!((document.front_matter, document.body), (*front_matter, *body), "{text:?}");
    }
}

#[test]
fn knows_an_unterminated_front_matter() {
    for (text, expected) in [
        ("---\na: 1\n", true),
        ("\u{feff}---\r\na: 1", true),
        ("---", true),
        ("---\na: 1\n---\n", false),
        ("---\n---\n---\n", false),
        ("body", false),
        ("", false),
    ] {
        assert_eq!(Document::parse(text).is_unterminated(), expected, "{text:?}");
    }
}
