//! Journals of some sessions, attached over the network.

use std::time::Duration;

use connectrpc::ErrorCode;
use connectrpc::client::{BidiSendHalf, ClientConfig, Http2Connection};
use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1::{
    self as pb, ExtensionServiceClient, RuntimeServiceClient, attach_request, attach_response,
};
use tau_runtime::server::http::HttpOptions;
use tau_runtime::server::{Interface, InterfaceOptions};

use super::support::Server;
use crate::driver::journal::{hello_for, position, team};
use crate::driver::support::in_time;
use crate::runtime::support::Process;

/// A new session of a team that waits for one journal, a short while.
fn of_team(name: &str) -> pb::CreateSessionRequest {
    let grace = WireDuration::from(Duration::from_millis(300)).into();
    let durability = pb::Durability { required_acks: Some(1), grace, ..Default::default() };
    let metadata = [("team".to_owned(), name.to_owned())].into_iter().collect();
    pb::CreateSessionRequest {
        config: pb::SessionConfig { metadata, durability: durability.into(), ..Default::default() }.into(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_selector_decides_whose_gate_a_journal_opens() {
    let process = Process::new();
    let interface = Interface::new(process.runtime.clone(), InterfaceOptions::default()).unwrap();
    let server = Server::start_with(HttpOptions::default(), interface.router).await;
    let uri: http::Uri = format!("http://{}", server.address).parse().unwrap();
    let connection = Http2Connection::builder().connect_plaintext(uri.clone()).await.unwrap().shared(64);
    let extensions = ExtensionServiceClient::new(connection.clone(), ClientConfig::new(uri.clone()));
    let sessions = RuntimeServiceClient::new(connection, ClientConfig::new(uri));

    let (mut sender, mut receiver) = extensions.attach().await.unwrap().into_split();
    let hello =
        pb::AttachRequest { message: Some(hello_for("red", team("red")).into()), ..Default::default() };
    BidiSendHalf::send(&mut sender, hello).await.unwrap();
    let welcome = in_time(receiver.message::<pb::AttachResponse>()).await.unwrap().unwrap();
    assert!(matches!(welcome.to_owned_message().message, Some(attach_response::Message::Welcome(_))));

    let refused = in_time(sessions.create_session(of_team("blue"))).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Unavailable, "{refused:?}");

    let asked = tokio::spawn(async move { sessions.create_session(of_team("red")).await });
    let append = in_time(receiver.message::<pb::AttachResponse>()).await.unwrap().unwrap();
    let Some(attach_response::Message::Append(append)) = append.to_owned_message().message else {
        panic!("the first session that is told of is the red one")
    };
    let created = append.events.last().unwrap();
    let ack = pb::Ack { positions: vec![position(created)], ..Default::default() };
    let ack: attach_request::Message = ack.into();
    let message = pb::AttachRequest { message: Some(ack), ..Default::default() };
    BidiSendHalf::send(&mut sender, message).await.unwrap();
    let session = in_time(asked).await.unwrap().unwrap().into_owned().session;
    assert_eq!(session.session_id, created.session_id);
}
