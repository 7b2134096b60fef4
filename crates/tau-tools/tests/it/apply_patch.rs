//! The apply_patch tool.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};
use serde_json::json;
use tau_tools::ToolContext;
use tau_tools::environment::{
    Environment, EnvironmentError, EnvironmentErrorKind, EnvironmentLayer, MemoryEnvironment, WorkspacePath,
};

use crate::support::{failure, finish_in, memory, text};

fn patch(body: &str) -> serde_json::Value {
    json!({"patch": format!("*** Begin Patch\n{body}\n*** End Patch")})
}

fn contents(files: &MemoryEnvironment) -> Vec<(String, String)> {
    let show =
        |(path, content): (WorkspacePath, Vec<u8>)| (path.to_string(), String::from_utf8(content).unwrap());
    files.files().into_iter().map(show).collect()
}

/// What a patch makes of `f`.
async fn patched(before: &str, body: &str) -> Result<String, String> {
    let files = memory([("f", before.as_bytes())]);
    let context = ToolContext::new(Arc::new(files.clone()));
    let done = finish_in(&context, "apply_patch", patch(&format!("*** Update File: f\n{body}"))).await;
    let after = contents(&files).remove(0).1;
    if done.result.is_error {
        assert_eq!(after, before, "a patch that fails changes nothing");
        return Err(done.result.text());
    }
    Ok(after)
}

#[tokio::test]
async fn several_files_change_together() {
    let files = memory([
        ("keep.py", b"def a():\n    return 1\n\ndef b():\n    return 1\n" as &[u8]),
        ("old.py", b"x = 1\ny = 2\n"),
        ("gone.py", b"z\n"),
    ]);
    let body = "*** Add File: new/deep.py\n+one\n+\n+two\n*** Update File: /workspace/keep.py\n@@ def b():\n-    return 1\n\
                +    return 2\n*** Update File: old.py\n*** Move to: moved.py\n@@\n x = 1\n-y = 2\n+y = 3\n\n\
                *** Delete File: gone.py";
    let said = text(files.clone(), "apply_patch", patch(body)).await;
    assert_eq!(said, "Applied:\nA new/deep.py\nM /workspace/keep.py\nR old.py -> moved.py\nD gone.py");
    let expected = [
        ("keep.py", "def a():\n    return 1\n\ndef b():\n    return 2\n"),
        ("moved.py", "x = 1\ny = 3\n"),
        ("new/deep.py", "one\n\ntwo\n"),
    ];
    assert_eq!(contents(&files), expected.map(|(path, content)| (path.to_owned(), content.to_owned())));
}

#[tokio::test]
async fn where_lines_go() {
    let rows = [
        ("a\nb\nc\n", "@@\n a\n-b\n+x\n c", "a\nx\nc\n"),
        ("a\nb\nc\n", " a\n-b\n+x\n c", "a\nx\nc\n"),
        ("a\n\nc\n", "@@\n a\n\n-c\n+d", "a\n\nd\n"),
        ("a\nb\na\nc\n", "@@\n-a\n+x\n b\n@@\n-a\n+y\n c", "x\nb\ny\nc\n"),
        ("f\na\ng\na\n", "@@ g\n-a\n+x", "f\na\ng\nx\n"),
        (
            "class A\n def f\n  a\nclass B\n def f\n  a\n",
            "@@ class B\n@@ def f\n-  a\n+  b",
            "class A\n def f\n  a\nclass B\n def f\n  b\n",
        ),
        ("a\nb", "@@\n a\n b\n+c", "a\nb\nc\n"),
        ("a\nx\na\n", "@@\n-a\n+b\n*** End of File", "a\nx\nb\n"),
        ("a\r\nb\r\n", "@@\n a\n-b\n+x\n+y", "a\r\nx\r\ny\r\n"),
        ("a  \nb\n", "@@\n a\n-b\n+c", "a  \nc\n"),
        ("", "@@\n+first", "first\n"),
        ("a\n", "@@\n+last", "a\nlast\n"),
        ("a\nb\n", "@@ a\n+after a", "a\nafter a\nb\n"),
        ("a\nb\n", "@@ -1,2 +1,2 @@\n-a\n+x\n b", "x\nb\n"),
        ("\u{feff}a\n", "@@\n-a\n+b", "\u{feff}b\n"),
    ];
    for (before, body, after) in rows {
        assert_eq!(patched(before, body).await.as_deref(), Ok(after), "{body:?} on {before:?}");
    }
}

#[tokio::test]
async fn what_does_not_fit_changes_nothing() {
    let says = |problem: &str| Err(format!("The patch was not applied, no file was changed: {problem}"));
    let rows = [
        (
            "a\n",
            "@@\n-z\n+y",
            "`f`: change 1: its lines are not there below the change before it, or differ; the first is `z`",
        ),
        (
            "a\na\n",
            "@@\n-a\n+b",
            "`f`: change 1: its lines are there 2 times, at lines 1, 2; say which with @@ and a line above, or take in more lines",
        ),
        (
            "a\nb\n",
            "@@\n-b\n+c\n@@\n-a\n+d",
            "`f`: change 2: its lines are not there below the change before it, or differ; the first is `a`",
        ),
        ("a\n", "@@ zzz\n-a\n+b", "`f`: change 1: no line `zzz` is there below the change before it"),
        ("a\n", "", "line 2: nothing of `f` is changed"),
    ];
    for (before, body, problem) in rows {
        assert_eq!(patched(before, body).await, says(problem));
    }
}

#[tokio::test]
async fn what_is_no_patch_is_told_by_line() {
    let files = memory([("f", b"a\n")]);
    let rows = [
        ("", "it must begin with `*** Begin Patch`"),
        ("*** Begin Patch\n*** Delete File: f", "it must end with `*** End Patch`"),
        ("*** Begin Patch\n*** End Patch", "it changes no file"),
        ("*** Begin Patch\nhello\n*** End Patch", "line 2 starts no file and belongs to none: \"hello\""),
        ("*** Begin Patch\n*** Delete File: \n*** End Patch", "line 2 names no file"),
        ("*** Begin Patch\n*** Delete File: f\n*** Add File: ./f\n+x\n*** End Patch", "`./f` is in it twice"),
        (
            "*** Begin Patch\n*** Add File: f\n+x\n*** End Patch",
            "`f` is there already; update it, or delete it in a patch before",
        ),
    ];
    for (patch, problem) in rows {
        let said = failure(files.clone(), "apply_patch", json!({ "patch": patch })).await;
        assert_eq!(said, format!("The patch was not applied, no file was changed: {problem}"));
    }
    let outside = failure(files.clone(), "apply_patch", patch("*** Add File: ../f\n+x")).await;
    assert!(outside.contains("outside the working folder"), "{outside}");
    let missing = failure(files, "apply_patch", patch("*** Update File: ff\n@@\n-a\n+b")).await;
    assert!(missing.contains("ff: no such file or folder. Near it: `f`"), "{missing}");
}

/// Fails to write one file.
#[derive(Debug)]
struct Failing {
    files: MemoryEnvironment,
    at: &'static str,
}

impl EnvironmentLayer for Failing {
    fn inner(&self) -> &dyn Environment {
        &self.files
    }

    fn write<'a>(
        &'a self,
        path: &'a WorkspacePath,
        content: &'a [u8],
    ) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        if path.to_string() == self.at {
            let error = EnvironmentError::new(EnvironmentErrorKind::Io, path, "the disk is full");
            return futures::future::ready(Err(error)).boxed();
        }
        self.files.write(path, content)
    }
}

#[tokio::test]
async fn what_was_written_before_a_failure_is_taken_back() {
    let files = memory([("a", b"a\n" as &[u8]), ("b", b"b\n"), ("gone", b"g\n")]);
    let before = contents(&files);
    let failing = Failing { files: files.clone(), at: "b" };
    let body = "*** Delete File: gone\n*** Add File: new\n+x\n*** Update File: a\n@@\n-a\n+x\n*** Update File: b\n@@\n-b\n+x";
    let said = failure(failing, "apply_patch", patch(body)).await;
    assert_eq!(said, "The patch was not applied, no file was changed: b: the disk is full");
    assert_eq!(contents(&files), before);
}

fn lines(most: usize) -> impl Strategy<Value = Vec<String>> {
    let line =
        prop_oneof![Just(""), Just("a"), Just("  b"), Just("+c"), Just("@@ d"), Just("*** e"), Just("\tf ")];
    proptest::collection::vec(line.prop_map(str::to_owned), 0..most)
}

fn text_of(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

proptest! {
    /// A patch that names every line of a file does what it says, whatever stands in the lines.
    #[test]
    fn lines_become_what_the_patch_says(
        before in lines(6), gone in lines(4), new in lines(4), after in lines(6), crlf in any::<bool>(),
    ) {
        let sign = |sign: char, lines: &[String]| lines.iter().map(|line| format!("{sign}{line}\n")).collect::<String>();
        let old = [before.clone(), gone.clone(), after.clone()].concat();
        let expected = [before.clone(), new.clone(), after.clone()].concat();
        let end = |text: String| if crlf { text.replace('\n', "\r\n") } else { text };
        let body = format!("@@\n{}{}{}{}", sign(' ', &before), sign('-', &gone), sign('+', &new), sign(' ', &after));
        let files = memory([("f", end(text_of(&old)).as_bytes())]);
        let context = ToolContext::new(Arc::new(files.clone()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let done = runtime.block_on(finish_in(&context, "apply_patch", patch(&format!("*** Update File: f\n{body}"))));
        let held = contents(&files).remove(0).1;
        if !done.result.is_error {
            let expected = if old.is_empty() { text_of(&expected) } else { end(text_of(&expected)) };
            prop_assert_eq!(held, expected, "{}", body);
        } else {
            prop_assert_eq!(held, end(text_of(&old)));
            let says = done.result.text();
            // Blank lines at the end of a change are not looked for, so what is left may stand there twice.
            let may_fail = says.contains("times, at lines") || says.contains("nothing of `f` is changed");
            prop_assert_eq!(may_fail, true, "{} in {}", says, body);
        }
    }

    /// Whatever a model writes, the tool answers.
    #[test]
    fn any_text_is_answered(body in "(\\*\\*\\* (Begin Patch|End Patch|Add File: f|Update File: f|Delete File: f|Move to: g)|@@|[ +-]?[a-c]{0,2}|\u{e9}|\n){0,20}") {
        let files = memory([("f", b"a\nb\n")]);
        let context = ToolContext::new(Arc::new(files.clone()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let done = runtime.block_on(finish_in(&context, "apply_patch", patch(&body)));
        prop_assert_eq!(done.result.text().is_empty(), false);
        if done.result.is_error {
            prop_assert_eq!(contents(&files), [("f".to_owned(), "a\nb\n".to_owned())]);
        }
    }
}
