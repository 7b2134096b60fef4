//! A line of `tau permissions check`: a call with the rules it is judged by, in the spellings that tables of others use.

use std::path::PathBuf;

use serde_json::{Map, Value};
use tau_core::config::{PermissionConfig, PermissionMode};

/// A call with the rules it is judged by.
#[derive(Debug)]
pub(super) struct Question {
    /// What its line calls it, to be told again.
    pub(super) id: Option<Value>,
    pub(super) rules: PermissionConfig,
    pub(super) tool: String,
    pub(super) argument: Value,
    pub(super) cwd: Option<PathBuf>,
    pub(super) home: Option<PathBuf>,
    pub(super) root: Option<PathBuf>,
}

const LISTS: [&str; 3] = ["allow", "ask", "deny"];

impl Question {
    /// Reads a line. Bytes that are no text stand for characters that nobody knows, and such a command is asked about.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}');
        let value = serde_json::from_str(text)
            .or_else(|error| serde_json::from_str(&whole_surrogates(text)).map_err(|_| error.to_string()))?;
        let Value::Object(mut line) = value else { return Err("the line is no object".to_owned()) };
        let mut take = |names: &[&str]| {
            names.iter().find_map(|name| line.remove(*name)).filter(|value| !value.is_null())
        };
        let mut rules = PermissionConfig::default();
        if let Some(given) = take(&["rules", "permissions", "settings"]) {
            add(&mut rules, given)?;
        }
        for list in LISTS {
            if let Some(given) = take(&[list]) {
                add_list(&mut rules, list, given)?;
            }
        }
        if let Some(given) = take(&["mode", "defaultMode", "permission_mode"]) {
            rules.mode = Some(mode(given.as_str().unwrap_or_default())?);
        }
        let tool = take(&["tool", "tool_name", "name"]).ok_or("the line names no tool")?;
        let tool = tool.as_str().ok_or("tool is no text")?.to_owned();
        let argument = take(&["argument", "arguments", "args", "input", "tool_input"]).unwrap_or_default();
        if !matches!(argument, Value::Null | Value::String(_) | Value::Object(_)) {
            return Err("argument is neither a text nor an object".to_owned());
        }
        let mut path = |names: &[&str]| match take(names) {
            None => Ok(None),
            Some(Value::String(path)) => {
                Ok(Some(PathBuf::from(path)).filter(|path| !path.as_os_str().is_empty()))
            }
            Some(_) => Err(format!("{} is no text", names[0])),
        };
        let (cwd, home) = (path(&["cwd", "working_dir"])?, path(&["home"])?);
        let root = path(&["root", "project", "workspace"])?;
        Ok(Self { id: take(&["id"]), rules, tool, argument, cwd, home, root })
    }
}

/// The text with the replacement character for each escape of half a character, which JSON of other languages may hold.
fn whole_surrogates(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        made.push_str(before);
        let (first, second) = (unit(escape), escape.get(6..).and_then(unit));
        let length = match (first, second) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                made.push('\u{fffd}');
                rest = &escape[6..];
                continue;
            }
            _ => 1 + escape[1..].chars().next().map_or(0, char::len_utf8),
        };
        made.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    made + rest
}

/// Adds rules: an object of lists, or a list of rules each of which says what it does.
fn add(rules: &mut PermissionConfig, given: Value) -> Result<(), String> {
    match given {
        Value::Object(mut lists) => {
            if let Some(inner) = lists.remove("permissions") {
                add(rules, inner)?;
            }
            for list in LISTS {
                if let Some(given) = lists.remove(list) {
                    add_list(rules, list, given)?;
                }
            }
            let given = lists.remove("mode").or_else(|| lists.remove("defaultMode"));
            if let Some(given) = given.filter(|given| !given.is_null()) {
                rules.mode = Some(mode(given.as_str().unwrap_or_default())?);
            }
            Ok(())
        }
        Value::Array(given) => given.into_iter().try_for_each(|rule| match rule {
            Value::String(line) => {
                let (does, rule) = line.split_once([' ', ':']).unwrap_or_default();
                push(rules, does, rule.trim())
                    .ok_or_else(|| format!("the rule `{line}` does not begin with allow, ask or deny"))
            }
            Value::Array(pair) => match &pair[..] {
                [Value::String(does), Value::String(rule)] => {
                    push(rules, does, rule).ok_or_else(|| format!("`{does}` is none of allow, ask and deny"))
                }
                _ => Err("a rule in a list of its own is what it does, and the rule".to_owned()),
            },
            Value::Object(rule) => add_rule(rules, &rule),
            _ => Err("a rule is neither a text, a pair nor an object".to_owned()),
        }),
        _ => Err("rules are neither an object nor a list".to_owned()),
    }
}

/// Adds `{"effect": "deny", "rule": "Bash(rm *)"}` or `{"deny": "Bash(rm *)"}`.
fn add_rule(rules: &mut PermissionConfig, given: &Map<String, Value>) -> Result<(), String> {
    let text = |names: &[&str]| names.iter().find_map(|name| given.get(*name)).and_then(Value::as_str);
    let does = text(&["effect", "action", "decision", "behavior", "verdict", "kind", "type"]);
    let rule = text(&["rule", "pattern", "match", "value"]);
    if let (Some(does), Some(rule)) = (does, rule) {
        return push(rules, does, rule).ok_or_else(|| format!("`{does}` is none of allow, ask and deny"));
    }
    for list in LISTS {
        if let Some(given) = given.get(list) {
            return add_list(rules, list, given.clone());
        }
    }
    Err("a rule says neither what it does nor what it is about".to_owned())
}

/// Adds the rules of one list, or the only one.
fn add_list(rules: &mut PermissionConfig, does: &str, given: Value) -> Result<(), String> {
    let given = match given {
        Value::Null => Vec::new(),
        Value::Array(given) => given,
        one => vec![one],
    };
    for rule in given {
        let rule = rule.as_str().ok_or_else(|| format!("a rule of {does} is no text"))?;
        push(rules, does, rule);
    }
    Ok(())
}

fn push(rules: &mut PermissionConfig, does: &str, rule: &str) -> Option<()> {
    let list = match does.to_ascii_lowercase().as_str() {
        "allow" => &mut rules.allow,
        "ask" => &mut rules.ask,
        "deny" => &mut rules.deny,
        _ => return None,
    };
    list.push(rule.to_owned());
    Some(())
}

/// A mode by its name here, or the one that other agents write.
fn mode(name: &str) -> Result<PermissionMode, String> {
    Ok(match name {
        "default" => PermissionMode::Default,
        "accept_edits" | "acceptEdits" => PermissionMode::AcceptEdits,
        "plan" => PermissionMode::Plan,
        "dont_ask" | "dontAsk" => PermissionMode::DontAsk,
        "bypass" | "bypass_permissions" | "bypassPermissions" => PermissionMode::Bypass,
        other => return Err(format!("there is no mode `{other}`")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lists(line: &Value) -> (Vec<String>, Vec<String>, Vec<String>) {
        let rules = Question::read(line.to_string().as_bytes()).unwrap().rules;
        (rules.allow, rules.ask, rules.deny)
    }

    #[test]
    fn rules_in_every_spelling() {
        let spellings = [
            json!({"rules": {"allow": ["A"], "deny": ["D"]}}),
            json!({"rules": {"allow": "A", "ask": null, "deny": ["D"]}}),
            json!({"rules": {"permissions": {"allow": ["A"], "deny": ["D"]}}}),
            json!({"permissions": {"allow": ["A"], "deny": ["D"]}}),
            json!({"allow": ["A"], "deny": "D"}),
            json!({"rules": ["allow A", "deny: D"]}),
            json!({"rules": [["allow", "A"], ["DENY", "D"]]}),
            json!({"rules": [{"effect": "allow", "rule": "A"}, {"action": "deny", "pattern": "D"}]}),
            json!({"rules": [{"allow": "A"}, {"deny": ["D"]}]}),
        ];
        for mut line in spellings {
            line["tool"] = "Bash".into();
            assert_eq!(lists(&line), (vec!["A".to_owned()], vec![], vec!["D".to_owned()]), "{line}");
        }
        assert_eq!(lists(&json!({"tool": "Bash"})), (vec![], vec![], vec![]));
    }

    #[test]
    fn the_call_in_every_spelling() {
        let spellings = [
            json!({"tool": "Bash", "argument": "ls", "cwd": "/w", "home": "/h", "mode": "acceptEdits"}),
            json!({"tool_name": "Bash", "tool_input": "ls", "cwd": "/w", "home": "/h", "rules": {"defaultMode": "acceptEdits"}}),
            json!({"name": "Bash", "args": "ls", "working_dir": "/w", "home": "/h", "permission_mode": "accept_edits"}),
        ];
        for line in spellings {
            let read = Question::read(line.to_string().as_bytes()).unwrap();
            assert_eq!((read.tool.as_str(), &read.argument), ("Bash", &json!("ls")), "{line}");
            assert_eq!((read.cwd, read.home), (Some("/w".into()), Some("/h".into())), "{line}");
            assert_eq!(read.rules.mode, Some(PermissionMode::AcceptEdits), "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for line in [
            "nonsense",
            "[]",
            "{}",
            r#"{"tool":1}"#,
            r#"{"tool":"Bash","argument":[]}"#,
            r#"{"tool":"Bash","cwd":1}"#,
            r#"{"tool":"Bash","mode":"x"}"#,
            r#"{"tool":"Bash","rules":"x"}"#,
            r#"{"tool":"Bash","rules":["Bash(ls)"]}"#,
            r#"{"tool":"Bash","rules":[{"rule":"x"}]}"#,
            r#"{"tool":"Bash","rules":{"deny":[1]}}"#,
        ] {
            assert!(Question::read(line.as_bytes()).is_err(), "{line}");
        }
    }

    #[test]
    fn halves_of_characters_are_no_reason_to_fail() {
        let read = |line: &[u8]| Question::read(line).unwrap().argument;
        assert_eq!(read(br#"{"tool":"Bash","argument":"ls \ud800 x"}"#), json!("ls \u{fffd} x"));
        assert_eq!(
            read(br#"{"tool":"Bash","argument":"\\ud800 \ud83e\udd80 \udc00"}"#),
            json!("\\ud800 🦀 \u{fffd}")
        );
        assert_eq!(read(b"\xef\xbb\xbf{\"tool\":\"Bash\",\"argument\":\"ls \xff\"}"), json!("ls \u{fffd}"));
    }
}
