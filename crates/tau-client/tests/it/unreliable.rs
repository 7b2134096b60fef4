//! Servers that do not do what they should.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use connectrpc::client::{ClientBody, ClientTransport, ServiceTransport};
use connectrpc::handler::streaming_handler_fn;
use connectrpc::{ConnectError, ConnectRpcService, RequestContext, Response, Router};
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream;
use tau_client::{AnswerBody, Answers, Client, ClientOptions, Endpoint, ErrorKind, pb};

use crate::support::{in_time, line};

/// The first that is told of a run is that it was taken, however the way there was.
#[tokio::test]
async fn a_run_whose_first_stream_breaks_off_at_once_begins_with_its_beginning() {
    let tries = Arc::new(AtomicU32::new(0));
    let run = streaming_handler_fn({
        let tries = Arc::clone(&tries);
        move |_: RequestContext, _: pb::RunRequest| {
            let is_first = tries.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                let said = |message| pb::RunResponse { message: Some(message), ..Default::default() };
                let result = pb::RunResult { text: "Four.".into(), ..Default::default() };
                let messages = [said(pb::RunAccepted::default().into()), said(result.into())];
                let broken = Err(ConnectError::unavailable("the connection broke off"));
                let told = if is_first { vec![broken] } else { messages.map(Ok).to_vec() };
                Response::stream_ok(stream::iter(told))
            }
        }
    });
    let router = Router::new().route_server_stream("tau.runtime.v1.RuntimeService", "Run", run);
    let service = ServiceTransport::new(ConnectRpcService::new(router));
    let client = Client::connect(Endpoint::in_process(service)).await.unwrap();
    let session = client.session("6a1f0b9e-0000-4000-8000-000000000000");
    let mut run = in_time(session.run("two and two?")).await.unwrap();
    let mut lines = Vec::new();
    while let Some(item) = in_time(run.next()).await {
        lines.push(line(&item.unwrap()));
    }
    assert_eq!(lines, ["accepted", "finished: Four."]);
    assert_eq!(tries.load(Ordering::SeqCst), 2);
}

/// Takes every request, and answers none.
#[derive(Clone)]
struct Silent;

impl ClientTransport for Silent {
    type ResponseBody = AnswerBody;
    type Error = ConnectError;

    fn send(
        &self,
        _: http::Request<ClientBody>,
    ) -> BoxFuture<'static, Result<http::Response<AnswerBody>, ConnectError>> {
        std::future::pending().boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_keeps_no_deadline_is_not_waited_for() {
    let options = ClientOptions::default().with_timeout(Duration::from_secs(3));
    let client = Client::connect_with(Endpoint::in_process(Silent), options).await.unwrap();
    let info = client.call_json("tau.runtime.v1.AdminService/GetInfo", "{}", Answers::One);
    let error = in_time(info).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
}
