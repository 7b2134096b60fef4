use proptest::prelude::*;
use tau_core::ModelRef;

fn at(provider: &str, model: &str) -> ModelRef {
    ModelRef::AtProvider { provider: provider.to_owned(), model: model.to_owned() }
}

#[test]
fn only_the_first_slash_divides() {
    let table = [
        ("fast", ModelRef::Named("fast".to_owned())),
        ("  gpt-4.1\n", ModelRef::Named("gpt-4.1".to_owned())),
        ("local/qwen3:32b", at("local", "qwen3:32b")),
        ("openrouter/qwen/qwen3-32b", at("openrouter", "qwen/qwen3-32b")),
        ("a//b", at("a", "/b")),
    ];
    for (text, reference) in table {
        assert_eq!(text.parse(), Ok(reference.clone()));
        assert_eq!(reference.to_string(), text.trim());
        assert_eq!(serde_json::to_value(&reference).unwrap(), text.trim());
        assert_eq!(serde_json::from_value::<ModelRef>(text.into()).unwrap(), reference);
    }
}

#[test]
fn a_name_without_one_of_its_parts_is_refused() {
    for text in ["", "  ", "/", "/model", "provider/"] {
        let said = format!("`{text}` names no model; write a name from [models], or provider/model");
        assert_eq!(text.parse::<ModelRef>().unwrap_err().to_string(), said);
        assert_eq!(serde_json::from_value::<ModelRef>(text.into()).unwrap_err().to_string(), said);
    }
}

proptest! {
    #[test]
    fn whatever_reads_prints_as_what_reads_the_same(text in any::<String>()) {
        if let Ok(reference) = text.parse::<ModelRef>() {
            prop_assert_eq!(reference.to_string(), text.trim());
            prop_assert_eq!(reference.to_string().parse(), Ok(reference));
        }
    }
}
