//! What is asked of sessions and of the server beside runs.

use futures::TryStreamExt;
use tau_client::{Answers, Client, ClientOptions, Endpoint, ErrorKind, Prompt, SessionList, Token, pb};
use tau_testkit::Reply;

use crate::support::{Server, in_time};

#[tokio::test]
async fn sessions_are_listed_page_by_page() {
    let server = Server::start([]).await;
    let client = server.client().await;
    let mut created = Vec::new();
    for _ in 0..7 {
        created
            .push(client.create_session(pb::CreateSessionRequest::default()).await.unwrap().id().to_owned());
    }
    let mut list = SessionList::default();
    list.page_size = 3;
    let listed: Vec<String> =
        in_time(client.list(list).map_ok(|session| session.session_id).try_collect()).await.unwrap();
    let mut sorted = listed.clone();
    sorted.sort();
    created.sort();
    assert_eq!((listed.len(), sorted), (7, created));
}

#[tokio::test]
async fn a_session_is_told_forked_taken_back_and_closed() {
    let server = Server::start([Reply::text("One."), Reply::text("Two.")]).await;
    let client = server.client().await;
    let session = client.create_session(pb::CreateSessionRequest::default()).await.unwrap();
    session.run("first").await.unwrap().result().await.unwrap();
    assert_eq!(session.inject(Prompt::from("by the way")).await.unwrap(), 7);

    let copy = session.fork(6).await.unwrap();
    assert_eq!(copy.get().await.unwrap().head.seq, 7);
    assert_eq!(copy.run("second").await.unwrap().result().await.unwrap().text, "Two.");
    assert_eq!(copy.rewind(1).await.unwrap(), 7);
    assert!(copy.inspect().await.unwrap().report.user > 0);

    let error = session.cancel().await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Refused, "nothing_to_cancel"));
    assert_eq!(session.close().await.unwrap().state, pb::SessionState::Closed);
    let error = session.run("more").await.unwrap_err();
    // Nothing is attached that kept it.
    assert_eq!(error.reason(), "session_not_found", "{error}");
}

#[tokio::test]
async fn a_server_says_what_it_is() {
    let server = Server::start([]).await;
    let info = server.client().await.admin().info().await.unwrap();
    assert_eq!((info.server_name.as_str(), info.agents[0].name.as_str()), ("tau-runtime", "tester"));
}

#[tokio::test]
async fn a_wrong_token_and_a_server_that_is_not_there_are_told_apart() {
    let server = Server::start([]).await;
    let wrong = ClientOptions::default().with_token(Token::new("let me in\n"));
    assert!(!format!("{wrong:?}").contains("let me in"));
    let client = Client::connect_with(server.endpoint(), wrong).await.unwrap();
    let error = client.admin().info().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorised, "{error}");
    assert!(!error.to_string().contains("let me in") && error.to_string().contains("token"), "{error}");

    let nobody: Endpoint = "http://127.0.0.1:1".parse().unwrap();
    let error = Client::connect(nobody).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    let nobody = Endpoint::unix("/nonexistent/tau.sock");
    assert_eq!(Client::connect(nobody).await.unwrap_err().kind(), ErrorKind::Unreachable);
}

#[tokio::test]
async fn any_method_is_called_in_json() {
    let server = Server::start([Reply::text("Four.")]).await;
    let service = "tau.runtime.v1.RuntimeService";
    for client in [server.client().await, server.wired().await.0] {
        let call = async |method: &str, message: &str, answers| {
            let answers = client.call_json(&format!("{service}/{method}"), message, answers).await?;
            answers.try_collect::<Vec<String>>().await
        };
        let created = in_time(call("CreateSession", "{}", Answers::One)).await.unwrap();
        let id = serde_json::from_str::<serde_json::Value>(&created[0]).unwrap()["session"]["sessionId"]
            .as_str()
            .unwrap()
            .to_owned();
        let head = format!(r#"{{"sessions":[{{"sessionId":"{id}"}}],"end":"SUBSCRIBE_END_AT_HEAD"}}"#);
        let told = in_time(call("Subscribe", &head, Answers::Stream)).await.unwrap();
        assert!(told[0].contains("sessionCreated"), "{told:?}");
        assert_eq!(told.len(), 2, "{told:?}");

        let error = in_time(call("GetSession", r#"{"sessionid":""}"#, Answers::One)).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Refused, "malformed"), "{error}");
        let error = in_time(call("Run", r#"{"sessionId":"x"}"#, Answers::Stream)).await.unwrap_err();
        assert_eq!(error.reason(), "invalid_request", "{error}");
    }
}
