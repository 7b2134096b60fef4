//! Providers that break off in the middle of something.

use std::sync::{Arc, Mutex};

use tau_proto::runtime::v1::environment_operation::Operation;
use tau_proto::runtime::v1::{
    CallFailureKind, CallReceived, CommandExit, EnvironmentOpened, FileRead, Hello, OperationDone,
    attach_response, command_exit,
};
use tau_runtime::attach::{Attachments, RemoteEnvironment};
use tau_tools::environment::{
    CommandSpec, Environment, EnvironmentError, EnvironmentErrorKind, WorkspacePath,
};
use tokio::task::JoinHandle;

use super::played::{answer, chunk, next_call, open, operation};
use super::provider::hello;
use crate::attach::support::{Extension, a_moment, in_time, session};

fn file() -> WorkspacePath {
    WorkspacePath::root().join("file")
}

fn reading(environment: &RemoteEnvironment) -> JoinHandle<Result<Vec<u8>, EnvironmentError>> {
    let environment = environment.clone();
    tokio::spawn(async move { environment.read(&file(), 100).await })
}

type Heard = Arc<Mutex<Vec<u8>>>;

fn running(
    environment: &RemoteEnvironment,
) -> (JoinHandle<Result<tau_tools::environment::CommandExit, EnvironmentError>>, Heard) {
    let (environment, heard) = (environment.clone(), Heard::default());
    let sink = Arc::clone(&heard);
    let task = tokio::spawn(async move {
        let command = CommandSpec::new("make");
        environment.run(&command, &|data| sink.lock().unwrap().extend_from_slice(data)).await
    });
    (task, heard)
}

/// Attaches, with the token to go on with.
async fn opened(hub: &Attachments) -> (Extension, RemoteEnvironment, Hello) {
    let (mut extension, welcome) = Extension::attach(hub, hello("box")).await;
    let opening = tokio::spawn({
        let hub = hub.clone();
        async move { hub.open_environment(&session(), "box").await }
    });
    let call = extension.call().await;
    extension.say(open(&call.call_id, "/box")).await;
    let environment = in_time(opening).await.unwrap().unwrap();
    extension.settled().await;
    (extension, environment, Hello { resume_token: welcome.resume_token, ..hello("box") })
}

#[tokio::test(start_paused = true)]
async fn a_read_goes_on_in_the_middle() {
    let hub = Attachments::default();
    let (mut extension, environment, again) = opened(&hub).await;
    let reading = reading(&environment);
    let call = extension.call().await;
    extension.say(chunk(&call, 1, b"one ")).await;
    extension.next().await;
    extension.say(chunk(&call, 2, b"two ")).await;
    a_moment().await;
    extension.crash().await;
    tokio::time::sleep(std::time::Duration::from_secs(9)).await;
    let (mut extension, welcome) = Extension::attach(&hub, again).await;
    assert_eq!((welcome.is_resumed, &welcome.open_call_ids[..]), (true, &[call.call_id.clone()][..]));
    let sent = extension.call().await;
    assert_eq!((&sent.call_id, sent.progress_received, sent.only_if_held), (&call.call_id, 2, false));
    // What was taken and is said again counts once.
    extension.say(chunk(&call, 2, b"two ")).await;
    extension.say(chunk(&call, 3, b"three")).await;
    extension.say(answer(&call.call_id, FileRead { size: 13, ..Default::default() })).await;
    assert_eq!(in_time(reading).await.unwrap().unwrap(), b"one two three");
}

#[tokio::test(start_paused = true)]
async fn a_write_is_given_again_what_was_not_taken_of_it() {
    let hub = Attachments::default();
    let mut window = hello("box");
    window.input_window = 4;
    let (mut extension, welcome) = Extension::attach(&hub, window.clone()).await;
    window.resume_token = welcome.resume_token;
    let opening = tokio::spawn({
        let hub = hub.clone();
        async move { hub.open_environment(&session(), "box").await }
    });
    let call = extension.call().await;
    extension.say(open(&call.call_id, "/box")).await;
    let environment = in_time(opening).await.unwrap().unwrap();
    extension.settled().await;
    let writing = tokio::spawn(async move { environment.write(&file(), b"0123456789").await });
    let call = extension.call().await;
    let input = async |extension: &mut Extension| match extension.next().await {
        attach_response::Message::CallInput(input) => (input.number, input.data.to_vec(), input.is_last),
        other => panic!("no input but {other:?}"),
    };
    assert_eq!(input(&mut extension).await, (1, b"0123".to_vec(), false));
    extension.hears_nothing().await;
    extension.say(CallReceived { call_id: call.call_id.clone(), number: 1, ..Default::default() }).await;
    assert_eq!(input(&mut extension).await, (2, b"4567".to_vec(), false));
    extension.crash().await;
    let (mut extension, _) = Extension::attach(&hub, window).await;
    assert_eq!(extension.call().await.call_id, call.call_id);
    assert_eq!(input(&mut extension).await, (2, b"4567".to_vec(), false));
    extension.say(CallReceived { call_id: call.call_id.clone(), number: 2, ..Default::default() }).await;
    assert_eq!(input(&mut extension).await, (3, b"89".to_vec(), true));
    extension.say(answer(&call.call_id, OperationDone::default())).await;
    in_time(writing).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_command_waits_for_its_provider_and_is_begun_once() {
    let hub = Attachments::default();
    let (mut extension, environment, again) = opened(&hub).await;
    let (task, heard) = running(&environment);
    let call = extension.call().await;
    extension.say(chunk(&call, 1, b"a")).await;
    extension.next().await;
    extension.crash().await;
    let (mut extension, _) = Extension::attach(&hub, again).await;
    let sent = extension.call().await;
    assert_eq!((&sent.call_id, sent.progress_received), (&call.call_id, 1));
    extension.say(chunk(&call, 2, b"b")).await;
    let exit = CommandExit { exit: Some(command_exit::Exit::Code(0)), ..Default::default() };
    extension.say(answer(&call.call_id, exit)).await;
    assert_eq!(in_time(task).await.unwrap().unwrap(), tau_tools::environment::CommandExit::Code(0));
    assert_eq!(*heard.lock().unwrap(), b"ab");
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_come_back_costs_a_typed_error() {
    let hub = Attachments::default();
    let (mut extension, environment, _) = opened(&hub).await;
    let (task, _) = running(&environment);
    extension.call().await;
    let start = tokio::time::Instant::now();
    extension.crash().await;
    let error = in_time(task).await.unwrap().unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(error.kind(), EnvironmentErrorKind::Lost);
    assert_eq!(
        error.to_string(),
        "run: the environment was lost (environment_lost): `box`, which gives it, went away and did not come \
         back within 10s. It may have been done, in part or not at all; look before you do it again."
    );
    // What comes later waits as long for it.
    let error = in_time(reading(&environment)).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), start.elapsed().as_secs()), (EnvironmentErrorKind::Lost, 20));
    assert!(error.to_string().ends_with("was not there within 10s. Nothing was done."), "{error}");
}

#[tokio::test(start_paused = true)]
async fn one_that_was_restarted_opens_it_first_and_begins_no_command_again() {
    let hub = Attachments::default();
    let (mut extension, environment, _) = opened(&hub).await;
    let (task, _) = running(&environment);
    let reading = reading(&environment);
    let (first, second) = (extension.call().await, extension.call().await);
    let is_command = matches!(operation(&first.call), Operation::Exec(_));
    let (command, read) = if is_command { (first, second) } else { (second, first) };
    extension.say(chunk(&read, 1, b"old")).await;
    extension.next().await;
    extension.crash().await;
    let (mut extension, welcome) = Extension::attach(&hub, hello("box")).await;
    assert!(!welcome.is_resumed);
    for _ in 0..2 {
        let call = extension.call().await;
        assert!(call.only_if_held, "{call:?}");
        extension.fail(&call, CallFailureKind::NotHeld, "").await;
    }
    let error = in_time(task).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), EnvironmentErrorKind::Lost);
    assert!(
        error.to_string().contains("was restarted and does not know the operation. It may have"),
        "{error}"
    );
    // The read is asked anew, once the environment is opened.
    let call = next_call(&mut extension).await;
    assert!(matches!(operation(&call.call), Operation::Open(_)), "{call:?}");
    extension.say(open(&call.call_id, "/box")).await;
    let call = next_call(&mut extension).await;
    assert!(matches!(operation(&call.call), Operation::Read(_)) && !call.only_if_held);
    assert!(![&command.call_id, &read.call_id].contains(&&call.call_id));
    extension.say(chunk(&call, 1, b"new")).await;
    extension.say(answer(&call.call_id, FileRead { size: 3, ..Default::default() })).await;
    assert_eq!(in_time(reading).await.unwrap().unwrap(), b"new");
}

#[tokio::test(start_paused = true)]
async fn one_that_comes_back_with_another_root_is_not_the_same() {
    let hub = Attachments::default();
    let (extension, environment, _) = opened(&hub).await;
    extension.crash().await;
    let (mut extension, _) = Extension::attach(&hub, hello("box")).await;
    let reading = reading(&environment);
    let call = extension.call().await;
    let opened = EnvironmentOpened { root: "/other".into(), ..Default::default() };
    extension.say(answer(&call.call_id, opened)).await;
    assert_eq!(in_time(reading).await.unwrap().unwrap_err().kind(), EnvironmentErrorKind::Lost);
}
