#![expect(clippy::unwrap_used, reason = "clippy takes helpers of tests for ordinary code")]

use proptest::prelude::*;
use tau_skills::FrontMatter;
use tau_skills::invocation::{Answer, Invocation, Variable, Want, plan, split};

fn fields(arguments: &str) -> FrontMatter {
    FrontMatter::parse(&format!("arguments: {arguments}\n")).unwrap().0
}

fn text(body: &str, arguments: &str) -> String {
    plan(body, &fields("issue, branch"), &Invocation::new(arguments)).render(&[])
}

#[test]
fn placeholders_stand_for_what_was_typed() {
    let typed = "  12 'my branch'  extra ";
    for (body, expected) in [
        ("[$ARGUMENTS]", "[12 'my branch'  extra]"),
        ("$ARGUMENTS[1]/$ARGUMENTS[0]", "my branch/12"),
        ("$ARGUMENTS $0 $1 $2", "12 'my branch'  extra 12 my branch extra"),
        ("$ARGUMENTS[9]", "12 'my branch'  extra[9]"),
        ("$ARGUMENTS $3 and $99999999999999999999", "12 'my branch'  extra $3 and $99999999999999999999"),
        ("$ARGUMENTS: $issue on $branch!", "12 'my branch'  extra: 12 on my branch!"),
        (
            "$ARGUMENTS \\$0 \\$issue \\$ARGUMENTS \\$HOME",
            "12 'my branch'  extra $0 $issue $ARGUMENTS \\$HOME",
        ),
        ("$ARGUMENTS $other $ $$ ${HOME} ${", "12 'my branch'  extra $other $ $$ ${HOME} ${"),
        ("$ARGUMENTSX", "$ARGUMENTSX"),
    ] {
        assert_eq!(text(body, typed), expected, "{body}");
    }
}

#[test]
fn arguments_nobody_asked_for_are_added_and_missing_names_are_empty() {
    assert_eq!(text("Do it.\n", "x y"), "Do it.\n\nARGUMENTS: x y\n");
    assert_eq!(text("Do $0.\n", "x"), "Do x.\n\nARGUMENTS: x\n");
    assert_eq!(text("Do it.\n", "  "), "Do it.\n");
    assert_eq!(text("Do $ARGUMENTS.\n", ""), "Do .\n");
    assert_eq!(text("<$issue> <$0>", ""), "<> <$0>");
}

#[test]
fn variables_are_those_that_have_a_value() {
    let invocation =
        Invocation::new("").variable(Variable::SkillDir, "/s").variable(Variable::SessionId, "$0");
    let body = "${CLAUDE_SKILL_DIR}/x ${TAU_SKILL_DIR} ${TAU_SESSION_ID} ${CLAUDE_PLUGIN_ROOT} ${SKILL_DIR}";
    let said = plan(body, &FrontMatter::default(), &invocation).render(&[]);
    assert_eq!(said, "/s/x /s $0 ${CLAUDE_PLUGIN_ROOT} ${SKILL_DIR}");
}

#[test]
fn commands_and_files_are_told_and_not_run() {
    let body = "\
!`git status`
- Diff: !`git diff $0`
Not behind a!`word` nor `!`code`, nor !`` nor !`open

```!
echo one
echo $0
```

```sh
!`an example` @example.md
```
See @docs/a.md, (@not) mail@host.org, `@code.md` and @$0.
";
    let plan = plan(body, &FrontMatter::default(), &Invocation::new("it $ARGUMENTS"));
    let command = |text: &str| Want::Command(text.to_owned());
    let file = |text: &str| Want::File(text.to_owned());
    assert_eq!(
        plan.wants(),
        [
            command("git status"),
            command("git diff it"),
            command("echo one\necho it"),
            file("docs/a.md"),
            file("it"),
        ]
    );
    let answers = [
        Answer::text("clean\n"),
        Answer::nothing("not allowed"),
        Answer::text("one !`rm -rf .` $0 @x"),
        Answer::text("A </file> B\n"),
        Answer::nothing("no such file"),
    ];
    let text = plan.render(&answers);
    assert!(
        text.starts_with(
            "clean\n- Diff: [not allowed]\nNot behind a!`word` nor `!`code`, nor !`` nor !`open\n"
        )
    );
    assert!(text.contains("\n\none !`rm -rf .` $0 @x\n\n```sh\n!`an example` @example.md\n```\n"), "{text}");
    assert!(text.contains("See @docs/a.md, (@not) mail@host.org, `@code.md` and @it."), "{text}");
    assert!(
        text.ends_with("ARGUMENTS: it $ARGUMENTS\n\n<file path=\"docs/a.md\">\nA <\\/file> B\n</file>\n"),
        "{text}"
    );
}

#[test]
fn an_argument_brings_no_command_and_no_file_in() {
    let typed = "!`rm -rf .` @secret.txt $0";
    for body in ["$ARGUMENTS", "Do:\n$ARGUMENTS\n", "$0", "none", "$issue"] {
        let plan = plan(body, &fields("issue"), &Invocation::new(typed));
        assert_eq!(plan.wants(), [], "{body}");
    }
}

#[test]
fn exit_codes_that_are_answers_are_taken() {
    for (command, code, accepted) in [
        ("ls", 0, true),
        ("ls", 1, false),
        ("grep x y", 1, true),
        ("grep x y", 2, false),
        ("git diff --quiet", 1, true),
        ("git log", 1, false),
        ("test -f x", 1, true),
    ] {
        assert_eq!(Want::Command(command.to_owned()).accepts(code), accepted, "{command} {code}");
    }
}

#[test]
fn answers_are_bounded() {
    let plan = plan("!`cat big`", &FrontMatter::default(), &Invocation::default());
    let text = plan.render(&[Answer::text("line of output\n".repeat(100_000))]);
    assert!(text.len() < 70_000 && text.ends_with("of 1499999 bytes]"), "{}", text.len());
}

#[test]
fn words_are_split_as_in_a_shell() {
    for (typed, words) in [
        ("", vec![]),
        ("a  b\tc\n", vec!["a", "b", "c"]),
        ("'a b' \"c d\" e\\ f", vec!["a b", "c d", "e f"]),
        ("a'b c'd", vec!["ab cd"]),
        ("'' \"\"", vec!["", ""]),
        ("\"a \\\" \\\\ \\n\"", vec!["a \" \\ \\n"]),
        ("it's open", vec!["it's", "open"]),
        ("end\\", vec!["end\\"]),
    ] {
        assert_eq!(split(typed), words, "{typed:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn planning_is_total_and_changes_only_what_it_names(
        body in "([ \\n`!@$\\\\{}\\[\\]a0-9~]|ARGUMENTS|!`a`|```!?\n){0,40}",
        typed in "[ a'\"\\\\$@!`]{0,12}",
    ) {
        let plan = plan(&body, &FrontMatter::default(), &Invocation::new(typed.clone()));
        let answers: Vec<_> = plan.wants().iter().map(|_| Answer::text("OUT")).collect();
        prop_assert_eq!(plan.render(&answers), plan.render(&answers));
        // Without anything to put in, a body is what it was.
        if !body.contains(['$', '!', '@']) && typed.trim().is_empty() {
            prop_assert_eq!(plan.render(&[]), body);
        }
    }
}
