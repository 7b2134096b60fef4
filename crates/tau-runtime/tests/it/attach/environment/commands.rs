//! Commands and large files, by the real clock: what they print comes while they run, and what is cancelled ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tau_core::{RunId, SessionId, ToolArguments, ToolCall, ToolCallId};
use tau_proto::runtime::v1::environment_operation::Operation;
use tau_tools::environment::{
    CommandExit, CommandSpec, Environment, EnvironmentErrorKind, MemoryEnvironment, ResultLimits,
    WithResults, WorkspacePath,
};
use tau_tools::{CallScope, OutputBounds, ToolContext, builtin};

use super::provider::{Provider, hello};
use super::support::{Connection, hub, joined, opened};

fn at(environment: &dyn Environment, text: &str) -> WorkspacePath {
    WorkspacePath::parse(environment.root(), text).unwrap()
}

#[tokio::test]
async fn a_command_prints_while_it_runs_and_says_how_it_ended() {
    let hub = hub();
    let (folder, _, _connection, environment) = joined(&hub).await;
    let go = folder.path().join("go");
    let heard = Mutex::new(Vec::new());
    let command =
        CommandSpec::new("printf first; until [ -e go ]; do sleep 0.01; done; printf second >&2; exit 3");
    let exit = environment
        .run(&command, &|data| {
            heard.lock().unwrap().extend_from_slice(data);
            // The command waits until its first words have arrived here.
            if heard.lock().unwrap().ends_with(b"first") {
                std::fs::write(&go, "").unwrap();
            }
        })
        .await;
    assert_eq!(exit.unwrap(), CommandExit::Code(3));
    assert_eq!(String::from_utf8(heard.into_inner().unwrap()).unwrap(), "firstsecond");
    let exit = environment.run(&CommandSpec::new("kill -9 $$"), &|_| {}).await.unwrap();
    assert_eq!(exit, CommandExit::Signal(9));
}

#[tokio::test]
async fn files_are_larger_than_any_window() {
    let hub = hub();
    let (_folder, _, _connection, environment) = joined(&hub).await;
    let path = at(&environment, "large");
    let content: Vec<u8> = (0..5_000_000u32).map(|number| (number % 251) as u8).collect();
    environment.write(&path, &content).await.unwrap();
    assert!(environment.read(&path, 5_000_000).await.unwrap() == content);
    let error = environment.read(&path, 4_999_999).await.unwrap_err();
    assert_eq!(error.kind(), EnvironmentErrorKind::TooLarge);
    // A flood of output is taken as it comes, and nothing of it is lost.
    let count = Mutex::new(0);
    let command = CommandSpec::new("head -c 20000000 /dev/zero");
    let exit = environment.run(&command, &|data| *count.lock().unwrap() += data.len()).await.unwrap();
    assert_eq!((exit, count.into_inner().unwrap()), (CommandExit::Code(0), 20_000_000));
}

#[tokio::test]
async fn a_command_that_is_given_up_ends_with_everything_it_started() {
    let hub = hub();
    let (folder, _, _connection, environment) = joined(&hub).await;
    let command = CommandSpec::new("(while :; do date +%N > beat; sleep 0.02; done) & wait");
    let beat = folder.path().join("beat");
    tokio::select! {
        exit = environment.run(&command, &|_| {}) => panic!("it ended: {exit:?}"),
        () = async { while !beat.exists() { tokio::time::sleep(Duration::from_millis(5)).await } } => {}
    }
    let mut last = std::fs::read(&beat).unwrap();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let next = std::fs::read(&beat).unwrap();
        if next == last {
            return;
        }
        last = next;
    }
    panic!("it still runs");
}

#[tokio::test]
async fn tools_work_there_and_long_results_stay_here() {
    let hub = hub();
    let (_folder, provider, _connection, environment) = joined(&hub).await;
    let kept = MemoryEnvironment::new::<&str, &str>([]).unwrap().with_results(ResultLimits::default());
    let environment = WithResults::new(Arc::new(environment), Arc::new(kept));
    let scope =
        CallScope::new(SessionId::from_u128(7), RunId::from_u128(8), ToolCallId::new("call_1"), "key");
    let context = ToolContext::new(Arc::new(environment)).with_scope(scope);
    let run = async |tool: &str, arguments: &str| {
        let call = ToolCall::new(ToolCallId::new("call_1"), tool, ToolArguments::parse(arguments));
        builtin::all().run(&call, &context, OutputBounds::default()).await.result.text()
    };
    assert!(run("write", r#"{"path":"a.txt","content":"one\ntwo\n"}"#).await.contains("a.txt"));
    assert_eq!(run("bash", r#"{"command":"cat a.txt"}"#).await, "one\ntwo\n");
    let long = run("bash", r#"{"command":"seq 1 100000"}"#).await;
    let name = long.split_whitespace().find(|word| word.contains("/results/")).expect("a file is named");
    let name = name.trim_matches(|letter: char| !letter.is_ascii_alphanumeric() && letter != '/');
    let last = run("grep", &format!(r#"{{"pattern":"^99999$","path":"{name}"}}"#)).await;
    assert!(last.contains("99999"), "{last}");
    let written =
        provider.begun.lock().unwrap().iter().filter(|one| matches!(one, Operation::Write(_))).count();
    assert_eq!(written, 1, "the result was not written there");
}

#[tokio::test]
async fn a_killed_provider_costs_an_error_and_its_command_ends() {
    let hub = hub();
    let (folder, _, connection, environment) = joined(&hub).await;
    let started = folder.path().join("started");
    let command = CommandSpec::new("touch started; sleep 60");
    let kill = async {
        while !started.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        connection.break_off().await;
    };
    let (ended, ()) = tokio::join!(environment.run(&command, &|_| {}), kill);
    let error = ended.unwrap_err();
    assert_eq!(error.kind(), EnvironmentErrorKind::Lost);
    assert!(error.to_string().contains("environment_lost"), "{error}");
    // Another one that takes its place is asked to open the session before anything else.
    let (_other, local) = super::support::folder();
    let provider = Provider::new(local);
    let _connection = Connection::open(&hub, &provider, hello("box"));
    let anew = opened(&hub, "box").await;
    let error = environment.metadata(&WorkspacePath::root()).await.unwrap_err();
    assert_eq!(error.kind(), EnvironmentErrorKind::Lost, "it has another root: {error}");
    anew.metadata(&WorkspacePath::root()).await.unwrap();
    let begun = provider.begun.lock().unwrap();
    assert!(matches!(&begun[..], [Operation::Open(_), Operation::Open(_), Operation::Stat(_)]), "{begun:?}");
}
