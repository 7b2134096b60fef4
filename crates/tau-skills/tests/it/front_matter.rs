use serde_json::{Value, json};
use tau_skills::front_matter::FrontMatterErrorKind;
use tau_skills::{Context, FrontMatter, WarningKind};

#[test]
fn reads_all_known_fields_and_keeps_the_others() {
    let source = "\
name: review
description: >-
  Reviews
  a change.
license: MIT
compatibility: needs git
metadata:
  author: someone
  version: 1.10
  tags: [a, b]
allowed-tools: Bash(git:*) Read
user-invocable: no
disable-model-invocation: true
argument-hint: \"[issue] [branch]\"
arguments: issue branch
when_to_use: Before a merge.
context: fork
agent: Explore
model: inherit
effort: high
background: no
disallowed-tools: [Write]
paths: src/**/*.{rs,md}, docs/**
shell: bash
version: 2.0
hooks:
  Stop:
    - command: ./done.sh
      timeout: 5
";
    let (fields, warnings) = FrontMatter::parse(source).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(fields.name.as_deref(), Some("review"));
    assert_eq!(fields.description.as_deref(), Some("Reviews a change."));
    assert_eq!(fields.license.as_deref(), Some("MIT"));
    assert_eq!(fields.compatibility.as_deref(), Some("needs git"));
    assert_eq!(
        Value::from_iter(fields.metadata.clone()),
        json!({"author": "someone", "version": "1.10", "tags": ["a", "b"]})
    );
    assert_eq!(fields.allowed_tools, ["Bash(git:*)", "Read"]);
    assert_eq!((fields.user_invocable, fields.disable_model_invocation), (Some(false), Some(true)));
    assert!(!fields.is_user_invocable() && !fields.is_model_invocable());
    assert_eq!(fields.argument_hint.as_deref(), Some("[issue] [branch]"));
    assert_eq!(
        Value::from_iter(fields.extra.clone()),
        json!({
            "version": 2.0,
        })
    );
    assert_eq!(fields.arguments, ["issue", "branch"]);
    assert_eq!(fields.when_to_use.as_deref(), Some("Before a merge."));
    let execution = &fields.execution;
    assert_eq!((execution.context, execution.agent.as_deref()), (Context::Fork, Some("Explore")));
    assert_eq!((execution.model.as_deref(), execution.effort.as_deref()), (Some("inherit"), Some("high")));
    assert_eq!((execution.background, execution.shell.as_deref()), (Some(false), Some("bash")));
    assert_eq!(execution.disallowed_tools, ["Write"]);
    assert_eq!(execution.paths, ["src/**/*.{rs,md}", "docs/**"]);
    assert_eq!(execution.hooks, Some(json!({"Stop": [{"command": "./done.sh", "timeout": 5}]})));
}

#[test]
fn nothing_is_everything_by_default() {
    for source in
        ["", "\n", "# only a comment\n", "name:\ndescription: ''\nallowed-tools:\nuser-invocable: ~\n"]
    {
        let (fields, warnings) = FrontMatter::parse(source).unwrap();
        assert_eq!((fields, warnings), (FrontMatter::default(), vec![]), "{source:?}");
    }
    assert!(FrontMatter::default().is_user_invocable());
    assert!(FrontMatter::default().is_model_invocable());
}

#[test]
fn numbers_keep_what_was_written() {
    for (written, expected) in [
        ("1", json!(1)),
        ("-7", json!(-7)),
        ("1.5", json!(1.5)),
        ("2.0", json!(2.0)),
        ("1.10", json!("1.10")),
        ("0x1F", json!("0x1F")),
        ("+5", json!("+5")),
        ("99999999999999999999999", json!("99999999999999999999999")),
        ("2024-01-01", json!("2024-01-01")),
        (".inf", json!(".inf")),
        ("'1'", json!("1")),
        ("true", json!(true)),
        ("yes", json!("yes")),
        ("~", json!(null)),
        ("&x 1.10\nagain: *x", json!("1.10")),
    ] {
        let source = format!("é: ü\nversion: {written}\n");
        let (fields, warnings) = FrontMatter::parse(&source).unwrap();
        assert_eq!(fields.extra["version"], expected, "{written}");
        assert_eq!(warnings, []);
        if let Some(again) = fields.extra.get("again") {
            assert_eq!(*again, expected);
        }
    }
    let (fields, _) = FrontMatter::parse("name: 42\ndescription: true\n").unwrap();
    assert_eq!((fields.name.as_deref(), fields.description.as_deref()), (Some("42"), Some("true")));
}

#[test]
fn tools_come_in_three_forms() {
    for (written, expected) in [
        ("Read", vec!["Read"]),
        ("Read Grep", vec!["Read", "Grep"]),
        ("Read, Grep,Glob", vec!["Read", "Grep", "Glob"]),
        ("Bash(git add:*), Bash(jq -r, x) Read", vec!["Bash(git add:*)", "Bash(jq -r, x)", "Read"]),
        ("Bash(echo $(date)) Read", vec!["Bash(echo $(date))", "Read"]),
        ("Bash(open Read", vec!["Bash(open Read"]),
        (") Read", vec![")", "Read"]),
        ("[Read, 'Bash(git add:*)']", vec!["Read", "Bash(git add:*)"]),
        ("\n- Read\n- Bash(git add *)", vec!["Read", "Bash(git add *)"]),
        ("''", vec![]),
        ("[]", vec![]),
        ("',, ,'", vec![]),
    ] {
        let (fields, warnings) = FrontMatter::parse(&format!("allowed-tools: {written}\n")).unwrap();
        assert_eq!(fields.allowed_tools, expected, "{written}");
        assert_eq!(warnings, [], "{written}");
    }
}

#[test]
fn booleans_come_in_many_words() {
    for (words, expected) in [
        (["true", "True", "yes", "YES", "on", "1", "'true'"], true),
        (["false", "FALSE", "no", "No", "off", "0", "\"no\""], false),
    ] {
        for word in words {
            let (fields, warnings) = FrontMatter::parse(&format!("user-invocable: {word}\n")).unwrap();
            assert_eq!((fields.user_invocable, warnings), (Some(expected), vec![]), "{word}");
        }
    }
}

#[test]
fn a_wrong_type_is_warned_of_and_kept() {
    for (field, written, kept) in [
        ("name", "[a]", json!(["a"])),
        ("description", "{a: b}", json!({"a": "b"})),
        ("metadata", "text", json!("text")),
        ("allowed-tools", "[1]", json!([1])),
        ("allowed-tools", "5", json!(5)),
        ("user-invocable", "maybe", json!("maybe")),
        ("disable-model-invocation", "[]", json!([])),
        ("argument-hint", "{a: b}", json!({"a": "b"})),
        ("context", "elsewhere", json!("elsewhere")),
    ] {
        let (mut fields, warnings) = FrontMatter::parse(&format!("{field}: {written}\n")).unwrap();
        assert_eq!(warnings, [WarningKind::WrongType { field: field.to_owned() }], "{field}");
        assert_eq!(fields.extra.remove(field), Some(kept));
        assert_eq!(fields, FrontMatter::default());
    }
}

#[test]
fn of_a_repeated_field_the_last_counts() {
    let (fields, warnings) = FrontMatter::parse("name: a\ndescription: x\nname: b\n").unwrap();
    assert_eq!(fields.name.as_deref(), Some("b"));
    assert_eq!(warnings, [WarningKind::DuplicateField { field: "name".to_owned() }]);
}

#[test]
fn what_is_not_yaml_is_taken_literally() {
    for (source, field, expected) in [
        ("description: Use when: a diff is ready\n", "description", "Use when: a diff is ready"),
        ("description: Use when: a\r\nname: b\r\n", "description", "Use when: a"),
        ("description: It's for: this\n", "description", "It's for: this"),
        ("description: Use when: one\n  two\n\n  three\nname: x\n", "description", "Use when: one two three"),
        ("description: \"Quoted\" and not\n", "description", "\"Quoted\" and not"),
        ("description: \"Never closed\nname: b\n", "description", "\"Never closed"),
        ("description: @team does it\n", "description", "@team does it"),
        ("description: `code` first\n", "description", "`code` first"),
        ("description: ends with:\n", "description", "ends with:"),
        ("argument-hint: [issue] [branch]\n", "argument-hint", "[issue] [branch]"),
        ("argument-hint: <file> [--flag: x]\n", "argument-hint", "<file> [--flag: x]"),
        ("description: *.ts files\n", "description", "*.ts files"),
        ("metadata:\n  short: Use: x\n  other: y\ndescription: ok\n", "description", "ok"),
        ("metadata:\n\tauthor: me\ndescription: ok\n", "description", "ok"),
    ] {
        let (fields, warnings) =
            FrontMatter::parse(source).unwrap_or_else(|error| panic!("{source:?}: {error}"));
        let got = if field == "description" { &fields.description } else { &fields.argument_hint };
        assert_eq!(got.as_deref(), Some(expected), "{source:?}");
        assert_eq!(warnings, [WarningKind::InvalidYamlRepaired], "{source:?}");
    }
    let (fields, _) = FrontMatter::parse("metadata:\n  short: Use: x\n\tother: y\n").unwrap();
    assert_eq!(Value::from_iter(fields.metadata), json!({"short": "Use: x", "other": "y"}));
    // An unquoted list needs no repair: it is a list, meant as a hint.
    let (fields, warnings) = FrontMatter::parse("argument-hint: [issue, 2]\n").unwrap();
    assert_eq!((fields.argument_hint.as_deref(), warnings), (Some("[issue, 2]"), vec![]));
}

#[test]
fn what_cannot_be_repaired_is_an_error() {
    for (source, kind) in [
        ("just text\n", FrontMatterErrorKind::NotAMapping),
        ("- a\n- b\n", FrontMatterErrorKind::NotAMapping),
        ("name: a\nstray text\n", FrontMatterErrorKind::Syntax { line: 2, column: 1 }),
        ("? [a]\n: b\n", FrontMatterErrorKind::Syntax { line: 1, column: 3 }),
    ] {
        let error = FrontMatter::parse(source).unwrap_err();
        assert_eq!(error.kind(), kind, "{source:?}: {error}");
        let is_syntax = matches!(kind, FrontMatterErrorKind::Syntax { .. });
        assert_eq!(std::error::Error::source(&error).is_some(), is_syntax);
    }
}

#[test]
fn alias_bombs_do_not_expand() {
    let mut deep = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let below = format!("*a{}", level - 1);
        deep += &format!("a{level}: &a{level} [{}]\n", vec![below; 9].join(", "));
    }
    // Few aliases for each anchor, but of long texts.
    let mut wide = String::new();
    for index in 0..40 {
        let aliases = vec![format!("*a{index}"); 9].join(", ");
        wide += &format!("a{index}: &a{index} {}\nb{index}: [{aliases}]\n", "x".repeat(1_000));
    }
    for source in [deep, wide] {
        // Repair reads the aliases as text, which is harmless.
        let (fields, warnings) = FrontMatter::parse(&source).unwrap();
        assert_eq!(warnings, [WarningKind::InvalidYamlRepaired]);
        assert!(serde_json::to_string(&fields.extra).unwrap().len() < 2 * source.len());
    }
    let (fields, warnings) = FrontMatter::parse("a: &a one\nb: [*a, *a]\n").unwrap();
    assert_eq!((fields.extra["b"].clone(), warnings), (json!(["one", "one"]), vec![]));
}
