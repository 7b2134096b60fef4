//! Subjects and patterns.

use tau_orchestrate::hub::{NameErrorKind, ParticipantId, Pattern, Subject};

#[test]
fn patterns_choose_as_those_of_nats_do() {
    let check = |pattern: &str, subject: &str| {
        Pattern::try_from(pattern).unwrap().matches(&Subject::try_from(subject).unwrap())
    };
    for (pattern, subject) in [
        ("a", "a"),
        ("a.b.c", "a.b.c"),
        ("a.*.c", "a.b.c"),
        ("*", "a"),
        ("*.*", "a.b"),
        ("a.>", "a.b"),
        ("a.>", "a.b.c"),
        (">", "a"),
        (">", "a.b"),
        ("*.b.>", "a.b.c.d"),
    ] {
        assert!(check(pattern, subject), "{pattern} wants {subject}");
    }
    for (pattern, subject) in [
        ("a", "b"),
        ("a", "a.b"),
        ("a.b", "a"),
        ("a.*", "a"),
        ("a.*", "a.b.c"),
        ("a.>", "a"),
        ("*", "a.b"),
        ("*.b.>", "a.b"),
        ("A", "a"),
    ] {
        assert!(!check(pattern, subject), "{pattern} does not want {subject}");
    }
}

#[test]
fn what_is_no_name_is_refused() {
    use NameErrorKind::{Character, Empty, TooLong};
    let long = "x".repeat(1025);
    for (text, kind) in [
        ("", Empty),
        ("a b", Character),
        ("a.b", Character),
        ("*", Character),
        ("a\n", Character),
        (&long, TooLong),
    ] {
        assert_eq!(ParticipantId::try_from(text).unwrap_err().kind(), kind, "{text:?}");
    }
    for (text, kind) in
        [("", Empty), ("a.", Empty), ("a.*", Character), ("a\u{a0}b", Character), (&long, TooLong)]
    {
        assert_eq!(Subject::try_from(text).unwrap_err().kind(), kind, "{text:?}");
    }
    for (text, kind) in [(".a", Empty), ("a.>.b", Character), ("a.b*", Character), ("**", Character)] {
        assert_eq!(Pattern::try_from(text).unwrap_err().kind(), kind, "{text:?}");
    }
}
