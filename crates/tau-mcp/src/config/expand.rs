//! `${VAR}` and `${VAR:-default}` inside values.

use super::error::{ConfigWarning, ConfigWarningKind};

/// Finds the value of a variable; `None` when it is not set.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Replaces references by values, once: a value that holds `${` itself is not looked at again.
///
/// As in a shell, `:-` gives its default for a variable that is unset *or empty*. What cannot be replaced stays
/// as it is written, and is reported.
pub(crate) fn expand(
    text: &str,
    path: &str,
    lookup: Lookup<'_>,
    warnings: &mut Vec<ConfigWarning>,
) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        expanded.push_str(&rest[..start]);
        let reference = &rest[start..];
        let Some(end) = reference.find('}') else {
            rest = reference;
            break;
        };
        let (written, after) = reference.split_at(end + 1);
        expanded.push_str(&resolve(written, path, lookup, warnings));
        rest = after;
    }
    expanded.push_str(rest);
    expanded
}

/// The value of one reference, `${` and `}` included.
fn resolve(written: &str, path: &str, lookup: Lookup<'_>, warnings: &mut Vec<ConfigWarning>) -> String {
    let inner = &written[2..written.len() - 1];
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    if !is_variable(name) {
        let message = "a `${...}` is no reference to a variable, and stays as it is; \
                       write `${NAME}` or `${NAME:-default}`";
        warnings.push(ConfigWarning::new(ConfigWarningKind::MalformedReference, path, message));
        return written.to_owned();
    }
    match (lookup(name), default) {
        (Some(value), Some(default)) if value.is_empty() => default.to_owned(),
        (Some(value), _) => value,
        (None, Some(default)) => default.to_owned(),
        (None, None) => {
            let message = format!(
                "the variable `{name}` is not set, so `${{{name}}}` stays as it is; \
                 set it, or give a default: `${{{name}:-value}}`"
            );
            warnings.push(ConfigWarning::new(ConfigWarningKind::UnsetVariable, path, message));
            written.to_owned()
        }
    }
}

fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expanded(text: &str) -> (String, Vec<ConfigWarningKind>) {
        let lookup = |name: &str| match name {
            "KEY" => Some("secret".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("${KEY}".to_owned()),
            _ => None,
        };
        let mut warnings = Vec::new();
        let text = expand(text, "path", &lookup, &mut warnings);
        (text, warnings.iter().map(ConfigWarning::kind).collect())
    }

    #[test]
    fn references_are_replaced() {
        for (text, expected) in [
            ("plain", "plain"),
            ("${KEY}", "secret"),
            ("a${KEY}b${KEY}c", "asecretbsecretc"),
            ("${UNSET:-default}", "default"),
            ("${KEY:-default}", "secret"),
            ("${EMPTY}", ""),
            ("${EMPTY:-default}", "default"),
            ("${UNSET:-}", ""),
            ("${UNSET:-a:-b}", "a:-b"),
            ("${UNSET:-https://host/ä}", "https://host/ä"),
            ("${NESTED}", "${KEY}"),
            ("$KEY", "$KEY"),
            ("$${KEY}", "$secret"),
            ("open ${KEY", "open ${KEY"),
        ] {
            assert_eq!(expanded(text), (expected.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_replaced_stays_and_is_reported() {
        use ConfigWarningKind::{MalformedReference, UnsetVariable};
        for (text, kinds) in [
            ("x${UNSET}y", vec![UnsetVariable]),
            ("${UNSET}${UNSET}", vec![UnsetVariable, UnsetVariable]),
            ("${}", vec![MalformedReference]),
            ("${1A}", vec![MalformedReference]),
            ("${A-b}", vec![MalformedReference]),
            ("${:-default}", vec![MalformedReference]),
        ] {
            assert_eq!(expanded(text), (text.to_owned(), kinds), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_without_a_reference_is_untouched(text in "[^$]*") {
            prop_assert_eq!(expanded(&text), (text, vec![]));
        }

        #[test]
        fn nothing_panics(text in r"([${}:\-A-Zä]|\$\{|KEY)*") {
            expanded(&text);
        }
    }
}
