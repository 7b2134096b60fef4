//! Results too long for a model: where the rest goes, and who may read it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tau_core::{Image, ToolArguments, ToolCall, ToolCallId, ToolDefinition, ToolResultBlock};
use tau_tools::environment::{
    CommandSpec, Environment, EnvironmentErrorKind, GrepQuery, LocalEnvironment, ResultLimits, ResultName,
    WorkspacePath,
};
use tau_tools::{FinishedCall, OutputBounds, ToolContext, ToolExecutor, ToolOutput, ToolRegistry};
use tempfile::TempDir;

use crate::support::{finish_in, local, memory};

fn name(id: &str, content: &str) -> ResultName {
    ResultName::new(&ToolCallId::new(id), content.as_bytes())
}

async fn keep(environment: &dyn Environment, id: &str, content: &str) -> String {
    let store = environment.results().unwrap();
    let path = store.keep(&name(id, content), content.as_bytes()).await.unwrap();
    path.to_str().unwrap().to_owned()
}

fn below(environment: &dyn Environment, path: &str) -> WorkspacePath {
    WorkspacePath::parse(environment.results().unwrap().files().root(), path).unwrap()
}

async fn names(environment: &dyn Environment) -> Vec<String> {
    let entries = environment.results().unwrap().files().list(&WorkspacePath::root()).await.unwrap();
    entries.into_iter().map(|entry| entry.name).collect()
}

async fn kept_and_read(environment: &dyn Environment) {
    let path = keep(environment, "call_1", "one\ntwo needle\n").await;
    let files = environment.results().unwrap().files();
    assert!(Path::new(&path).is_absolute() && !Path::new(&path).starts_with(environment.root()), "{path}");
    assert_eq!(files.read(&below(environment, &path), 100).await.unwrap(), b"one\ntwo needle\n");
    let found = files.grep(&GrepQuery::new("needle")).await.unwrap();
    assert_eq!((found.total, found.lines[0].number), (1, 2));
    assert_eq!(environment.list(&WorkspacePath::root()).await.unwrap(), [], "the workspace stays as it was");
}

async fn changed_by_nobody_else(environment: &dyn Environment) {
    let path = keep(environment, "call_1", "kept").await;
    let files = environment.results().unwrap().files();
    let refused = files.write(&below(environment, &path), b"forged").await.unwrap_err();
    assert_eq!(refused.kind(), EnvironmentErrorKind::PermissionDenied);
    let refused = files.run(&CommandSpec::new("true"), &|_| {}).await.unwrap_err();
    assert_eq!(refused.kind(), EnvironmentErrorKind::Unsupported);
    assert_eq!(files.read(&below(environment, &path), 100).await.unwrap(), b"kept");
}

async fn ids_of_any_bytes(environment: &dyn Environment) {
    let ids =
        ["../../etc/passwd", "/abs", "a/b", "a b", "", ".", "..", "nul\0", "line\nbreak", "漢字", "a%2fb"];
    let long = "x".repeat(10_000);
    let mut paths = Vec::new();
    for id in ids.into_iter().chain([long.as_str()]) {
        let path = keep(environment, id, "content").await;
        let root = environment.results().unwrap().files().root();
        assert_eq!(Path::new(&path).parent(), Some(root), "{id:?}");
        paths.push(path);
    }
    let mut distinct = paths.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), paths.len(), "{paths:?}");
}

async fn an_id_used_again(environment: &dyn Environment) {
    let (first, second) = (keep(environment, "call_0", "a").await, keep(environment, "call_0", "b").await);
    assert_ne!(first, second);
    assert_eq!(keep(environment, "call_0", "a").await, first);
    let files = environment.results().unwrap().files();
    assert_eq!(files.read(&below(environment, &first), 9).await.unwrap(), b"a");
    assert_eq!(files.read(&below(environment, &second), 9).await.unwrap(), b"b");
}

/// The limits of the environments here: 4,000 bytes each, 10,000 of all.
async fn the_oldest_go_first(environment: &dyn Environment) {
    let mut kept = Vec::new();
    for number in 0..5 {
        kept.push(keep(environment, &format!("{number}"), &"x".repeat(3_000)).await);
        // The age of files on disk is as fine as the system's clock ticks.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let mut expected: Vec<String> =
        kept[2..].iter().map(|path| path.rsplit('/').next().unwrap().to_owned()).collect();
    expected.sort_unstable();
    assert_eq!(names(environment).await, expected);
    let large = keep(environment, "large", &"y".repeat(20_000)).await;
    assert_eq!(names(environment).await, [large.rsplit('/').next().unwrap()], "the newest stays");
}

fn limits() -> ResultLimits {
    ResultLimits::new(4_000, 10_000)
}

/// An environment with results beside its root; both go with the folder.
fn local_with_results(limits: ResultLimits) -> (TempDir, TempDir, LocalEnvironment) {
    let (folder, environment) = local();
    let results = tempfile::tempdir().unwrap();
    let environment = environment.with_results(results.path().join("a/kept"), limits).unwrap();
    (folder, results, environment)
}

macro_rules! conforms {
    ($($check:ident),*) => {
        mod in_memory {
            $(#[tokio::test] async fn $check() {
                super::$check(&super::memory([]).with_results(super::limits())).await
            })*
        }
        mod on_disk {
            $(#[tokio::test] async fn $check() {
                let (_folder, _results, environment) = super::local_with_results(super::limits());
                super::$check(&environment).await;
            })*
        }
    };
}

conforms!(kept_and_read, changed_by_nobody_else, ids_of_any_bytes, an_id_used_again, the_oldest_go_first);

#[tokio::test]
async fn files_on_disk_are_the_owners_alone() {
    let (_folder, results, environment) = local_with_results(limits());
    let path = keep(&environment, "call", "secret").await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(Path::new(&path)), mode(&results.path().join("a/kept"))), (0o600, 0o700));
}

#[tokio::test]
async fn links_among_results_lead_nowhere() {
    let (_folder, results, environment) = local_with_results(limits());
    fs::write(results.path().join("a/secret"), "secret").unwrap();
    let kept = results.path().join("a/kept");
    symlink("../secret", kept.join("link.txt")).unwrap();
    symlink("..", kept.join("up")).unwrap();
    let files = environment.results().unwrap().files();
    for link in ["link.txt", "up/secret"] {
        let read = files.read(&WorkspacePath::root().join(link), 100).await.unwrap_err();
        assert_eq!(read.kind(), EnvironmentErrorKind::Outside, "{link}");
    }
    // A link in the place of a result: what it leads to is not written.
    let taken = name("call", "new");
    symlink("../secret", kept.join(taken.as_str())).unwrap();
    assert!(environment.results().unwrap().keep(&taken, b"new").await.is_err());
    assert_eq!(fs::read(results.path().join("a/secret")).unwrap(), b"secret");
    let context = ToolContext::new(Arc::new(environment.clone()));
    for path in [kept.join("link.txt"), kept.join("../secret"), results.path().join("a/secret")] {
        let read = finish_in(&context, "read", json!({ "path": path })).await;
        assert!(read.result.is_error, "{}", read.result.text());
    }
}

/// A tool whose output is its content, as blocks.
#[derive(Debug)]
struct Says(ToolDefinition, fn() -> ToolOutput);

impl ToolExecutor for Says {
    fn definition(&self) -> &ToolDefinition {
        &self.0
    }

    fn execute<'a>(&'a self, _: &'a ToolContext, _: &'a Value) -> BoxFuture<'a, ToolOutput> {
        async { (self.1)() }.boxed()
    }
}

async fn said(
    environment: &LocalEnvironment,
    output: fn() -> ToolOutput,
    bounds: OutputBounds,
) -> FinishedCall {
    let tool: Arc<dyn ToolExecutor> = Arc::new(Says(ToolDefinition::new("says", "", json!({})), output));
    let registry: ToolRegistry = [tool].into_iter().collect();
    let call = ToolCall::new(ToolCallId::new("id"), "says", ToolArguments::parse("{}"));
    registry.run(&call, &ToolContext::new(Arc::new(environment.clone())), bounds).await
}

fn only_text(finished: &FinishedCall) -> &str {
    match &*finished.result.content {
        [ToolResultBlock::Text { text }] => text,
        other => panic!("{other:?}"),
    }
}

/// The path that a shortened result names.
fn path_in(text: &str) -> &str {
    let (_, rest) = text.split_once(" in /").unwrap();
    let end = rest.find(", which read and grep open ...]").unwrap();
    &text[text.len() - rest.len() - 1..text.len() - rest.len() + end]
}

fn ten_lines() -> String {
    (0..10).map(|number| format!("line {number}\n")).collect()
}

#[tokio::test]
async fn the_middle_of_a_long_result_is_in_a_file_that_the_model_reads() {
    let (_folder, _results, environment) = local_with_results(limits());
    let finished = said(&environment, || ToolOutput::text(ten_lines()), OutputBounds::new(16, 16)).await;
    let text = only_text(&finished).to_owned();
    let path = path_in(&text);
    let expected = format!(
        "line 0\nline 1\n[... 43 bytes, 7 lines left out; the whole result is in {path}, which read and grep open \
         ...]\nline 8\nline 9\n"
    );
    assert_eq!(text, expected);
    let context = ToolContext::new(Arc::new(environment));
    let read = finish_in(&context, "read", json!({"path": path, "offset": 3, "limit": 2})).await;
    assert_eq!(read.result.text(), "3\tline 2\n4\tline 3\n[lines 3 to 4 of 10; continue with offset 5]\n");
    let grep = finish_in(&context, "grep", json!({"path": path, "pattern": "[57]"})).await;
    assert_eq!(grep.result.text(), format!("{path}:6:line 5\n{path}:8:line 7\n"));
    for (tool, arguments) in [
        ("write", json!({"path": path, "content": "forged"})),
        ("edit", json!({"path": path, "old_string": "line 1", "new_string": "forged"})),
    ] {
        let refused = finish_in(&context, tool, arguments).await;
        assert!(refused.result.is_error && refused.result.text().contains("outside"), "{tool}");
    }
    assert_eq!(fs::read_to_string(path).unwrap(), ten_lines());
    fs::remove_file(path).unwrap();
    let gone = finish_in(&context, "read", json!({ "path": path })).await;
    assert!(
        gone.result.text().ends_with("Kept results go when newer ones need their room; run the tool again")
    );
}

#[tokio::test]
async fn every_kind_of_result_is_kept() {
    let (_folder, _results, environment) = local_with_results(limits());
    let bounds = OutputBounds::new(30, 10);
    let failed = said(&environment, || ToolOutput::error("e".repeat(100)), bounds).await;
    assert!(failed.result.is_error);
    assert_eq!(fs::read_to_string(path_in(only_text(&failed))).unwrap(), "e".repeat(100));
    let json = || {
        let mut output = ToolOutput::text("");
        output.content = vec![ToolResultBlock::Json { value: json!({"key": "v".repeat(100)}) }];
        output
    };
    let structured = said(&environment, json, bounds).await;
    let kept = fs::read_to_string(path_in(only_text(&structured))).unwrap();
    assert_eq!(kept, format!("{{\"key\":\"{}\"}}", "v".repeat(100)));
    let several = || {
        let mut output = ToolOutput::text("");
        output.content = (0..10).map(|number| ToolResultBlock::text(format!("part {number}"))).collect();
        output
    };
    let joined = said(&environment, several, bounds).await;
    let text = only_text(&joined);
    assert!(text.starts_with("part 0\npart 1") && text.ends_with("\npart 9"), "{text}");
    let parts: Vec<String> = (0..10).map(|number| format!("part {number}")).collect();
    assert_eq!(fs::read_to_string(path_in(text)).unwrap(), parts.join("\n"));
}

#[tokio::test]
async fn many_short_texts_are_one() {
    let (_folder, environment) = local();
    let many = || {
        let mut output = ToolOutput::text("");
        output.content = vec![ToolResultBlock::text("x"); 100];
        output
    };
    let finished = said(&environment, many, OutputBounds::default()).await;
    assert_eq!(only_text(&finished), vec!["x"; 100].join("\n"));
}

#[tokio::test]
async fn a_result_over_the_limit_is_kept_up_to_it() {
    let (_folder, _results, environment) = local_with_results(limits());
    let finished =
        said(&environment, || ToolOutput::text("é".repeat(4_000)), OutputBounds::new(11, 11)).await;
    let text = only_text(&finished);
    let note = "7980 bytes, 0 lines left out; the first 4000 bytes of the result are in /";
    assert!(text.contains(note), "{text}");
    assert_eq!(fs::read_to_string(path_in(text)).unwrap(), "é".repeat(2_000));
}

#[tokio::test]
async fn a_store_that_fails_costs_the_rest_and_says_so() {
    let (_folder, results, environment) = local_with_results(limits());
    fs::remove_dir_all(results.path().join("a")).unwrap();
    let finished = said(&environment, || ToolOutput::text(ten_lines()), OutputBounds::new(16, 16)).await;
    let text = only_text(&finished);
    assert!(!finished.result.is_error);
    assert!(text.contains("[... 43 bytes, 7 lines left out; they could not be kept in a file ("), "{text}");
}

#[tokio::test]
async fn pictures_are_bounded() {
    let (_folder, environment) = local();
    let pictures = || {
        let mut output = ToolOutput::text("words");
        let image = |bytes: usize| ToolResultBlock::Image(Image::base64("image/png", "A".repeat(bytes)));
        output.content.extend([image(40), image(500), image(40), image(1), image(1)]);
        output
    };
    let mut bounds = OutputBounds::default();
    (bounds.images, bounds.image_bytes) = (3, 200);
    let finished = said(&environment, pictures, bounds).await;
    let image = |bytes: usize| ToolResultBlock::Image(Image::base64("image/png", "A".repeat(bytes)));
    let note = "[2 pictures left out: a result may have 3 of 200 bytes together]";
    let expected =
        [ToolResultBlock::text("words"), image(40), image(40), image(1), ToolResultBlock::text(note)];
    assert_eq!(*finished.result.content, expected);
    bounds.tail = 0;
    bounds.head = 10;
    let finished = said(&environment, pictures, bounds).await;
    let kinds: Vec<bool> =
        finished.result.content.iter().map(|block| matches!(block, ToolResultBlock::Image(_))).collect();
    assert_eq!(kinds, [false, true, true, true], "pictures outlive a text that is cut");
}

#[tokio::test]
async fn a_long_output_of_a_command_is_kept() {
    let (_folder, _results, environment) = local_with_results(ResultLimits::default());
    let context = ToolContext::new(Arc::new(environment));
    let finished = finish_in(&context, "bash", json!({"command": "seq 100000; exit 3"})).await;
    let text = finished.result.text();
    assert!(text.starts_with("1\n2\n") && text.ends_with("100000\n[exit code 3]"), "{text}");
    let kept = fs::read_to_string(path_in(&text)).unwrap();
    let expected: String = (1..=100_000).map(|number| format!("{number}\n")).collect();
    assert_eq!(kept, expected + "[exit code 3]");
}

#[tokio::test]
async fn what_a_command_printed_beyond_the_limit_is_counted() {
    let (_folder, _results, environment) = local_with_results(ResultLimits::new(40_000, 80_000));
    let context = ToolContext::new(Arc::new(environment));
    let finished = finish_in(&context, "bash", json!({"command": "seq 100000"})).await;
    let text = finished.result.text();
    let path = path_in(&text).to_owned();
    let all: String = (1..=100_000).map(|number| format!("{number}\n")).collect();
    assert_eq!(fs::read_to_string(&path).unwrap(), all[..40_000]);
    let (head, rest) = text.split_once("\n[... ").unwrap();
    let (note, tail) = rest.split_once(" ...]\n").unwrap();
    let missing = all.len() - head.len() - tail.len();
    let lines = all[head.len()..all.len() - tail.len()].matches('\n').count();
    let expected = format!(
        "{missing} bytes, {lines} lines left out; the first 40000 bytes of the result are in {path}, which read and \
         grep open"
    );
    assert_eq!(note, expected);
    assert!(all.starts_with(head) && all.ends_with(tail) && head.len() > 15_000 && tail.len() > 7_000);
}

#[tokio::test]
async fn all_matches_of_a_search_are_kept() {
    let (folder, _results, environment) = local_with_results(ResultLimits::default());
    let lines: String = (0..900).map(|number| format!("needle {number} {}\n", "x".repeat(60))).collect();
    fs::write(folder.path().join("hay"), &lines).unwrap();
    let context = ToolContext::new(Arc::new(environment));
    let finished = finish_in(&context, "grep", json!({"pattern": "needle", "limit": 1000})).await;
    let kept = fs::read_to_string(path_in(&finished.result.text())).unwrap();
    let expected: String =
        lines.lines().enumerate().map(|(index, line)| format!("hay:{}:{line}\n", index + 1)).collect();
    assert_eq!(kept, expected);
}
