//! A provider that the test plays, message by message.

use tau_proto::runtime::v1::environment_operation::Operation;
use tau_proto::runtime::v1::environment_result::Result as Answer;
use tau_proto::runtime::v1::{
    Call, CallProgress, CallResult, EnvironmentOpened, EnvironmentResult, Hello, OutputChunk,
    attach_response, call, call_progress,
};
use tau_runtime::attach::{Attachments, RemoteEnvironment};

use crate::attach::support::{Extension, in_time, session};

pub(super) fn operation(call: &Option<call::Call>) -> Operation {
    match call {
        Some(call::Call::Environment(asked)) => asked.operation.clone().unwrap(),
        other => panic!("no operation but {other:?}"),
    }
}

pub(super) fn answer(call_id: &str, answer: impl Into<Answer>) -> CallResult {
    let result = EnvironmentResult { result: Some(answer.into()), ..Default::default() };
    CallResult { call_id: call_id.to_owned(), result: Some(result.into()), ..Default::default() }
}

pub(super) fn open(call_id: &str, root: &str) -> CallResult {
    let opened = EnvironmentOpened {
        root: root.to_owned(),
        system: "linux".to_owned(),
        shell: "sh".to_owned(),
        ..Default::default()
    };
    answer(call_id, opened)
}

pub(super) fn chunk(call: &Call, number: u64, data: &[u8]) -> CallProgress {
    let chunk = OutputChunk { data: data.to_vec().into(), ..Default::default() };
    let progress = Some(call_progress::Progress::Output(chunk));
    CallProgress { call_id: call.call_id.clone(), number, progress, ..Default::default() }
}

/// The next call, with what comes before it left out.
pub(super) async fn next_call(extension: &mut Extension) -> Call {
    loop {
        if let attach_response::Message::Call(call) = extension.next().await {
            return call;
        }
    }
}

/// An environment that was opened at `/box`.
pub(super) async fn opened(hub: &Attachments, hello: Hello) -> (Extension, RemoteEnvironment) {
    let client = hello.client_id.clone();
    let (mut extension, _) = Extension::attach(hub, hello).await;
    let opening = tokio::spawn({
        let hub = hub.clone();
        async move { hub.open_environment(&session(), &client).await }
    });
    let call = extension.call().await;
    extension.say(open(&call.call_id, "/box")).await;
    let environment = in_time(opening).await.unwrap().unwrap();
    extension.settled().await;
    (extension, environment)
}
