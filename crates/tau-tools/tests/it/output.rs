//! Bounds on text.

use proptest::prelude::{Just, Strategy, prop_oneof, proptest};
use proptest::{prop_assert, prop_assert_eq};
use tau_tools::{OutputBounds, bound_text};

fn texts() -> impl Strategy<Value = String> {
    let piece =
        prop_oneof![Just("\n"), Just("a"), Just("bc "), Just("é"), Just("漢字"), Just("🦀"), Just("\r\n")];
    proptest::collection::vec(piece, 0..400).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn bounded_text_keeps_its_ends_and_its_bounds(text in texts(), head in 0..200_usize, tail in 0..200_usize) {
        let bounded = bound_text(text.clone(), OutputBounds::new(head, tail));
        if text.len() <= head + tail {
            prop_assert_eq!(bounded, text);
            return Ok(());
        }
        let note = bounded.find("\n[... ").unwrap();
        let (start, rest) = bounded.split_at(note);
        let (note, end) = rest[1..].split_once('\n').unwrap();
        prop_assert!(note.ends_with(" lines left out ...]"), "{}", note);
        prop_assert!(start.len() <= head && end.len() <= tail);
        prop_assert!(text.starts_with(start) && text.ends_with(end));
        // A cut moves by a quarter at most, and by what a character border takes.
        prop_assert!(start.len() + 4 >= head - head / 4, "{} of {head}", start.len());
        prop_assert!(end.len() + 4 >= tail - tail / 4, "{} of {tail}", end.len());
        let missing = text.len() - start.len() - end.len();
        let says_so = note.starts_with(&format!("[... {missing} bytes, "));
        prop_assert!(says_so);
    }
}

#[test]
fn a_line_end_at_the_very_end_does_not_take_the_tail_with_it() {
    let text = format!("{}\n", "x".repeat(1_000));
    let bounded = bound_text(text, OutputBounds::new(10, 100));
    assert_eq!(
        bounded,
        format!("{}\n[... 891 bytes, 0 lines left out ...]\n{}\n", "x".repeat(10), "x".repeat(99))
    );
}

#[test]
fn bounds_without_end_leave_text_as_it_is() {
    assert_eq!(bound_text("text".to_owned(), OutputBounds::new(usize::MAX, usize::MAX)), "text");
}
