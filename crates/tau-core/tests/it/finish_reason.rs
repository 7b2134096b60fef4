use proptest::prelude::*;
use tau_core::FinishReason;

use crate::strategies;

#[test]
fn known_words_are_known_and_others_are_kept_word_for_word() {
    let table = [
        ("stop", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("tool_calls", FinishReason::ToolCalls),
        ("content_filter", FinishReason::ContentFilter),
        ("pause_turn", FinishReason::Other("pause_turn".to_owned())),
        ("Stop", FinishReason::Other("Stop".to_owned())),
        ("", FinishReason::Other(String::new())),
    ];
    for (word, reason) in table {
        assert_eq!(FinishReason::from(word), reason);
        assert_eq!(reason.as_str(), word);
        assert_eq!(reason.to_string(), word);
        assert_eq!(serde_json::to_value(&reason).unwrap(), word);
        assert_eq!(serde_json::from_value::<FinishReason>(word.into()).unwrap(), reason);
    }
}

proptest! {
    #[test]
    fn any_reason_reads_back(reason in strategies::finish_reason()) {
        let json = serde_json::to_string(&reason).unwrap();
        prop_assert_eq!(serde_json::from_str::<FinishReason>(&json).unwrap(), reason);
    }
}
