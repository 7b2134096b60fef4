use std::io::ErrorKind;

use tau_memory::text::{ReadErrorKind, Truncation, cut_at_line, read};

use crate::tree::Tree;

#[test]
fn reads_and_cuts() {
    type Case = (&'static [u8], usize, &'static str, Option<(u64, u64)>);
    let cases: &[Case] = &[
        (b"", 10, "", None),
        (b"one\ntwo\n", 8, "one\ntwo\n", None),
        (b"one\ntwo\n", 7, "one\n", Some((4, 8))),
        (b"one\r\ntwo\r\n", 9, "one\n", Some((4, 10))),
        (b"\xEF\xBB\xBFone", 3, "one", None),
        (b"\xEF\xBB\xBFone", 2, "on", Some((2, 6))),
        ("äö".as_bytes(), 3, "ä", Some((2, 4))),
        ("äö".as_bytes(), 1, "", Some((0, 4))),
        (b"lone\rreturn", 20, "lone\rreturn", None),
        // Beyond the limit nothing is looked at.
        (b"good\n\xFF\xFE", 5, "good\n", Some((5, 7))),
        (b"x", 0, "", Some((0, 1))),
    ];
    let tree = Tree::new(&[]);
    for (bytes, limit, content, truncation) in cases {
        tree.write("file", bytes);
        let text = read(&tree.at("file"), *limit).unwrap();
        let truncation = truncation.map(|(kept, total)| Truncation::new(kept, total));
        assert_eq!((text.content.as_str(), text.truncation), (*content, truncation), "{bytes:?} to {limit}");
        assert_eq!(text.total_bytes, bytes.len() as u64);
    }
}

#[test]
fn refuses_what_is_not_text() {
    let tree = Tree::new(&[
        ("latin1", b"caf\xE9"),
        ("marked", b"\xEF\xBB\xBFa\xFF"),
        ("cut", b"ab\xC3"),
        ("utf16", b"a\0b\0"),
    ]);
    tree.dir("folder");
    for (name, kind) in [
        ("latin1", ReadErrorKind::InvalidUtf8 { offset: 3 }),
        ("marked", ReadErrorKind::InvalidUtf8 { offset: 4 }),
        // Cut by its author, not by the limit.
        ("cut", ReadErrorKind::InvalidUtf8 { offset: 2 }),
        ("utf16", ReadErrorKind::Binary { offset: 1 }),
        ("folder", ReadErrorKind::NotAFile),
        ("absent", ReadErrorKind::Io(ErrorKind::NotFound)),
    ] {
        let error = read(&tree.at(name), 100).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}");
        assert_eq!(error.path(), tree.at(name));
    }
}

#[test]
fn cuts_at_lines_then_characters() {
    for (text, limit, expected) in [
        ("one\ntwo", 7, "one\ntwo"),
        ("one\ntwo", 6, "one\n"),
        ("one\ntwo", 4, "one\n"),
        ("one\ntwo", 3, "one"),
        ("ää", 3, "ä"),
        ("ää", 0, ""),
    ] {
        assert_eq!(cut_at_line(text, limit), expected, "{text:?} to {limit}");
    }
}
