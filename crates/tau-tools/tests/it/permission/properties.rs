//! What holds of every verdict, whatever the command.

use proptest::prelude::*;
use tau_core::config::PermissionConfig;
use tau_tools::permission::{Decision, Judged, PermissionPolicy};

use super::support::{around, command, policy};

/// Command lines that run `rm x` in some place, made by wrapping one another.
fn wrapped() -> impl Strategy<Value = String> {
    let seed = prop_oneof![
        Just("rm x".to_owned()),
        Just("'rm' x".to_owned()),
        Just("r\\m x".to_owned()),
        Just("/bin/rm x".to_owned()),
        Just("A=1 rm x".to_owned()),
        Just("c=rm; $c x".to_owned()),
    ];
    seed.prop_recursive(4, 8, 1, |inner| {
        (inner, 0_usize..24).prop_map(|(line, way)| {
            let quoted = format!("'{}'", line.replace('\'', "'\\''"));
            match way {
                0 => format!("ls; {line}"),
                1 => format!("{line} && ls"),
                2 => format!("ls | {line}"),
                3 => format!("({line})"),
                4 => format!("{{ {line}; }}"),
                5 => format!("echo $({line})"),
                6 => format!("echo \"$({line})\""),
                7 => format!("if true; then {line}; fi"),
                8 => format!("while {line}; do ls; done"),
                9 => format!("f() {{ {line}; }}; f"),
                10 => format!("bash -c {quoted}"),
                11 => format!("eval {quoted}"),
                12 => format!("trap {quoted} EXIT"),
                13 => format!("cat <<E\n$({line})\nE\n"),
                14 => format!("bash <<'END{0}'\n{line}\nEND{0}\n", line.len()),
                15 => format!("find . -exec sh -c {quoted} \\;"),
                16 => format!("sudo -n timeout 5 sh -c {quoted}"),
                17 => format!("ls\n{line}"),
                18 => format!("! {line}"),
                19 => format!("case x in x) {line};; esac"),
                20 => format!("cat <({line})"),
                21 => format!("x=$({line}) ls"),
                22 => format!("xargs sh -c {quoted}"),
                _ => format!("env A=1 bash -ec {quoted}"),
            }
        })
    })
}

/// Texts made of what command lines are made of, so that most of them are nearly one.
fn shell_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "rm",
            "ls",
            "x",
            "$(",
            ")",
            "(",
            "`",
            "\"",
            "'",
            "{",
            "}",
            ";",
            "&&",
            "||",
            "|",
            "&",
            "\n",
            " ",
            "  ",
            "<<E",
            "\nE\n",
            "<<",
            ">",
            ">>",
            "<(",
            "$x",
            "${x:-",
            "${",
            "$((",
            "))",
            "((",
            "[[",
            "]]",
            "if",
            "then",
            "fi",
            "for",
            "in",
            "do",
            "done",
            "case",
            "esac",
            ";;",
            "\\",
            "\\\n",
            "#",
            "*",
            "?",
            "[",
            "]",
            "~",
            "=",
            "A=",
            "$'",
            "\\x",
            "-c",
            "eval",
            "bash",
            "find",
            "-exec",
            "\\;",
            "sudo",
            "xargs",
            "99999999999>",
            "{a,b}",
            "\u{a0}",
            "\0",
            "é",
            "🦀",
            "!",
            "function",
            "f()",
            "coproc",
            "time",
            "$[",
            "2>&1",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,3}".prop_map(|text: String| text),
        ".{0,2}".prop_map(|text: String| text),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

const ALLOWS: [&str; 8] = [
    "allow Bash",
    "allow Bash(rm *)",
    "allow Bash(*)",
    "allow Bash(bash *)",
    "allow Bash(echo *)",
    "allow Write",
    "allow Read(//**)",
    "allow Bash(rm x)",
];

proptest! {
    #[test]
    fn what_is_denied_stays_denied_however_it_is_wrapped(line in wrapped()) {
        prop_assert_eq!(command(&policy("allow Bash ;; deny Bash(rm *)"), &line), "deny", "{}", line);
        prop_assert_eq!(command(&policy("mode bypass ;; deny Bash(rm *)"), &line), "deny", "{}", line);
    }

    #[test]
    fn no_rule_that_allows_turns_a_denial(line in shell_like(), allow in prop::sample::select(ALLOWS.to_vec())) {
        let before = command(&policy("deny Bash(rm *)"), &line);
        let after = command(&policy(&format!("deny Bash(rm *) ;; {allow}")), &line);
        prop_assert!(before != "deny" || after == "deny", "{:?}: {} and {}", line, before, after);
    }

    #[test]
    fn a_rule_that_denies_only_takes_away(line in shell_like()) {
        let before = command(&policy("allow Bash"), &line);
        let after = command(&policy("allow Bash ;; deny Bash(rm *)"), &line);
        prop_assert!(after != "allow" || before == "allow", "{:?}: {} and {}", line, before, after);
    }

    #[test]
    fn any_text_has_a_verdict_with_a_reason(text in shell_like(), rule in shell_like()) {
        let mut config = PermissionConfig::default();
        config.deny = vec![format!("Bash({rule})"), rule.clone(), format!("Read({rule})"), format!("WebFetch(domain:{rule})")];
        config.allow = config.deny.clone();
        for policy in [policy("allow Bash ;; deny Read(.env)"), policy("allow Bash(ls *)"), PermissionPolicy::new(&config)] {
            for tool in ["Bash", "Read", "Write", "Grep", "WebFetch", "Skill", "mcp__a__b"] {
                let call = Judged::of_text(tool, &text);
                prop_assert!(!policy.verdict(&call, &around()).reason.is_empty());
                let _ = policy.grants(&call, &around());
            }
        }
    }

    /// What a person grants for good lets the same call run, and no call with one more command.
    #[test]
    fn a_grant_is_for_what_was_shown(words in prop::collection::vec(prop::collection::vec("[a-z'\" $*;-]{1,6}", 1..4), 1..3)) {
        let quote = |word: &String| format!("'{}'", word.replace('\'', "'\\''"));
        let simple: Vec<String> =
            words.iter().map(|words| words.iter().map(quote).collect::<Vec<_>>().join(" ")).collect();
        let line = simple.join(" && ");
        let mut granted = policy("");
        let call = Judged::of_text("Bash", &line);
        for rule in granted.grants(&call, &around()) {
            granted.grant(&rule);
        }
        let by_hazard = command(&policy("allow Bash"), &line) == "ask";
        prop_assert!(by_hazard || command(&granted, &line) == "allow", "{:?}", line);
        prop_assert_ne!(command(&granted, &format!("{line} && rm y")), "allow", "{:?}", line);
        prop_assert_ne!(command(&granted, &format!("{line} extra")), "allow", "{:?}", line);
    }
}

#[test]
fn a_verdict_on_very_much_comes_soon_and_denies() {
    let deep = |open: &str, close: &str| format!("{}rm x{}", open.repeat(20_000), close.repeat(20_000));
    for line in [
        deep("(", ")"),
        deep("$(", ")"),
        deep("echo $(", ")"),
        deep("{ ", "; }"),
        deep("eval ", ""),
        deep("sudo ", ""),
        format!("{}; rm x", "ls;".repeat(30_000)),
        format!("{} rm x", "$X".repeat(20_000)),
        format!("{{{}}} ; rm x", "a,".repeat(20_000)),
        format!("echo {}; rm x", "{a,b}".repeat(40)),
        format!("{}; rm x", "X=a;".repeat(10_000)),
    ] {
        let started = std::time::Instant::now();
        let found =
            policy("allow Bash ;; deny Bash(rm *)").verdict(&Judged::of_text("Bash", &line), &around());
        assert_eq!(found.decision, Decision::Deny, "{}...", &line[..30]);
        assert!(started.elapsed().as_secs() < 15, "{}...: {:?}", &line[..30], started.elapsed());
    }
}

#[test]
fn grants() {
    let rows: &[(&str, &str, &[&str])] = &[
        ("Bash", "git status", &["Bash(git status)"]),
        ("Bash", "git status && rm x", &["Bash(git status)", "Bash(rm x)"]),
        ("Bash", "echo 'a b' > out.txt", &["Bash(echo 'a b')", "Write(//people/u/project/out.txt)"]),
        ("Bash", "ls | wc -l", &["Bash(wc -l)"]),
        ("Bash", "A=1 make", &["Bash(A=1 make)"]),
        ("Bash", "rm $X", &[]),
        ("Bash", "rm $(ls)", &[]),
        ("Bash", "rm *", &[]),
        ("Bash", "rm 'unclosed", &[]),
        ("Bash", "rm -rf /", &[]),
        ("Bash", "git status && sudo rm -rf ~", &[]),
        ("Bash", "cp x .git/hooks/pre-commit", &[]),
        ("Bash", "echo x > .bashrc", &[]),
        ("Bash", "f() { ls; }; f", &[]),
        ("Write", ".git/config", &[]),
        ("Read", "/etc/passwd", &[]),
        ("Write", "a.txt", &["write"]),
        ("WebFetch", "https://Example.org/a", &["WebFetch(domain:example.org)"]),
        ("WebFetch", "http://example.org/a", &[]),
        ("mcp__git__push", "", &["mcp__git__push"]),
        ("Skill", "pdf", &["Skill(pdf)"]),
    ];
    let policy = policy("allow Bash(ls *)");
    for (tool, text, expected) in rows {
        assert_eq!(policy.grants(&Judged::of_text(tool, text), &around()), *expected, "{tool}({text})");
    }
}
