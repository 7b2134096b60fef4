//! Making, finding and ending sessions over the interface.

use connectrpc::ErrorCode;
use tau_core::SessionId;
use tau_proto::buffa::Message as _;
use tau_proto::runtime::v1 as pb;
use tau_runtime::server::Reason;

use super::support::{Served, detail, prompt, reason};
use crate::driver::support::in_time;

fn create(key: &str, team: &str) -> pb::CreateSessionRequest {
    let config = pb::SessionConfig {
        metadata: [("team".to_owned(), team.to_owned())].into_iter().collect(),
        ..Default::default()
    };
    pb::CreateSessionRequest {
        config: Some(config).into(),
        idempotency_key: key.to_owned(),
        ..Default::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_is_made_once_for_a_key() {
    let served = Served::new();
    let make =
        async |request| in_time(served.sessions.create_session(request)).await.map(|made| made.into_owned());
    let first = make(create("k", "red")).await.unwrap();
    assert_eq!(make(create("k", "red")).await.unwrap().session.session_id, first.session.session_id);
    assert_eq!(first.session.metadata["team"], "red");
    assert_eq!(first.session.config.model, "test/m");
    let other = make(create("k", "blue")).await.unwrap_err();
    assert_eq!((other.code, reason(&other).as_str()), (ErrorCode::AlreadyExists, "idempotency_key_reused"));
    assert_ne!(make(create("l", "red")).await.unwrap().session.session_id, first.session.session_id);
}

#[tokio::test(start_paused = true)]
async fn lists_are_paged_filtered_and_ordered() {
    let served = Served::new();
    for team in ["red", "blue", "red"] {
        in_time(served.sessions.create_session(create("", team))).await.unwrap();
    }
    let list = async |request| in_time(served.sessions.list_sessions(request)).await.unwrap().into_owned();
    let order = pb::SessionOrder::CreatedAscending;
    let page = |page_token| pb::ListSessionsRequest {
        page_size: 2,
        page_token,
        order: order.into(),
        ..Default::default()
    };
    let first = list(page(String::new())).await;
    let second = list(page(first.next_page_token.clone())).await;
    assert_eq!((first.sessions.len(), second.sessions.len(), second.next_page_token.as_str()), (2, 1, ""));
    assert_eq!(first.total_size, Some(3));
    let mut ids: Vec<String> =
        first.sessions.iter().chain(&second.sessions).map(|one| one.session_id.clone()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 3);

    let selector = pb::SessionSelector {
        metadata: [("team".to_owned(), "red".to_owned())].into_iter().collect(),
        ..Default::default()
    };
    let filter = pb::SessionFilter { selector: Some(selector).into(), ..Default::default() };
    let red = list(pb::ListSessionsRequest { filter: Some(filter).into(), ..Default::default() }).await;
    assert_eq!(red.sessions.len(), 2);

    let broken = in_time(served.sessions.list_sessions(page("nonsense".to_owned()))).await.unwrap_err();
    assert_eq!((broken.code, reason(&broken).as_str()), (ErrorCode::InvalidArgument, "invalid_page_token"));
}

#[tokio::test(start_paused = true)]
async fn a_session_is_described_copied_taken_back_and_closed() {
    let mut served = Served::new();
    let session = served.create().await;
    let mut run = served.run(prompt(session, "Hi")).await.unwrap();
    served.process.model.asked().await.text("Hello.");
    run.rest().await;

    let update = pb::UpdateSessionRequest {
        session: Some(pb::Session {
            session_id: session.to_string(),
            metadata: [("name".to_owned(), "greeting".to_owned())].into_iter().collect(),
            ..Default::default()
        })
        .into(),
        update_mask: Some(tau_proto::buffa_types::google::protobuf::FieldMask {
            paths: vec!["metadata".to_owned()],
            ..Default::default()
        })
        .into(),
        ..Default::default()
    };
    let updated = in_time(served.sessions.update_session(update)).await.unwrap().into_owned();
    assert_eq!(updated.session.metadata["name"], "greeting");

    let fork = pb::ForkRequest { session_id: session.to_string(), at_seq: 6, ..Default::default() };
    let copy = in_time(served.sessions.fork(fork)).await.unwrap().into_owned();
    let copy: SessionId = copy.session.session_id.parse().unwrap();
    let rewind = pb::RewindRequest {
        session_id: session.to_string(),
        target: Some(pb::rewind_request::Target::Prompts(1)),
        ..Default::default()
    };
    let back = in_time(served.sessions.rewind(rewind)).await.unwrap().into_owned();
    assert_eq!(back.to_seq, 1);
    let inspect = |session: SessionId| pb::InspectContextRequest {
        session_id: session.to_string(),
        include_messages: true,
        ..Default::default()
    };
    let emptied = in_time(served.sessions.inspect_context(inspect(session))).await.unwrap().into_owned();
    let copied = in_time(served.sessions.inspect_context(inspect(copy))).await.unwrap().into_owned();
    assert_eq!((emptied.messages.len(), copied.messages.len()), (0, 2));
    assert!(copied.report.user > 0 && copied.report.assistant > 0);

    let close = |mode: pb::CloseMode| pb::CloseRequest {
        session_id: session.to_string(),
        mode: mode.into(),
        ..Default::default()
    };
    let closed = in_time(served.sessions.close(close(pb::CloseMode::Final))).await.unwrap().into_owned();
    assert_eq!(closed.session.state, pb::SessionState::Closed);
    let nothing = in_time(served.sessions.close(close(pb::CloseMode::Unspecified))).await.unwrap_err();
    assert_eq!(reason(&nothing), "invalid_request");
}

#[tokio::test(start_paused = true)]
async fn a_session_begins_with_a_conversation_or_with_its_journal() {
    let served = Served::new();
    let said = |role: pb::Role, words: &str| pb::Message {
        role: role.into(),
        content: vec![pb::ContentBlock {
            block: Some(pb::content_block::Block::Text(words.to_owned())),
            ..Default::default()
        }],
        ..Default::default()
    };
    let begin = |messages: Vec<pb::Message>| pb::CreateSessionRequest {
        bootstrap: Some(pb::Bootstrap {
            history: Some(pb::bootstrap::History::Messages(pb::MessageHistory {
                messages,
                ..Default::default()
            })),
            ..Default::default()
        })
        .into(),
        ..Default::default()
    };
    let whole = begin(vec![said(pb::Role::User, "Who?"), said(pb::Role::Assistant, "Me.")]);
    let made = in_time(served.sessions.create_session(whole)).await.unwrap().into_owned();
    assert_eq!(made.session.head.seq, 2);
    let torn = in_time(served.sessions.create_session(begin(vec![said(pb::Role::Assistant, "Me.")]))).await;
    let torn = torn.unwrap_err();
    assert_eq!((torn.code, reason(&torn).as_str()), (ErrorCode::InvalidArgument, "invalid_history"));
}

#[tokio::test(start_paused = true)]
async fn what_the_server_is_and_that_it_drains() {
    let served = Served::new();
    served.create().await;
    let info = in_time(served.admin.get_info(pb::GetInfoRequest::default())).await.unwrap().into_owned();
    assert_eq!((info.agents[0].name.as_str(), info.limits.max_sessions), ("tester", 10_000));
    let drained = in_time(served.admin.drain(pb::DrainRequest::default())).await.unwrap().into_owned();
    assert_eq!((drained.released, drained.interrupted), (1, 0));
    let late =
        in_time(served.sessions.create_session(pb::CreateSessionRequest::default())).await.unwrap_err();
    assert_eq!((late.code, reason(&late).as_str()), (ErrorCode::Unavailable, "draining"));
    let level = in_time(served.admin.get_log_level(pb::GetLogLevelRequest::default())).await.unwrap_err();
    assert_eq!((level.code, reason(&level).as_str()), (ErrorCode::Unimplemented, "not_implemented"));
}

/// The table of error.proto says the same as the code.
#[test]
fn every_reason_stands_in_the_table_of_the_interface_with_its_code() {
    let proto = include_str!("../../../../../proto/tau/runtime/v1/error.proto");
    let rows = proto.lines().filter_map(|line| line.strip_prefix("// | `"));
    let mut table = std::collections::BTreeMap::new();
    for row in rows {
        let (names, rest) = row.split_once(" | ").unwrap();
        let code = rest.split(" | ").next().unwrap();
        for name in names.split(", ") {
            table.insert(name.trim_matches('`').to_owned(), code.to_owned());
        }
    }
    let upper = |reason: &Reason| {
        let debug = format!("{:?}", reason.code());
        let mut text = String::new();
        for letter in debug.chars() {
            if letter.is_ascii_uppercase() && !text.is_empty() {
                text.push('_');
            }
            text.push(letter.to_ascii_uppercase());
        }
        text
    };
    let known = Reason::ALL.iter().map(|reason| (reason.name().to_owned(), upper(reason))).collect();
    assert_eq!(table, known);
    assert!(pb::ErrorDetail::default().encode_to_vec().is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_key_asked_for_twice_at_once_makes_one_session() {
    let served = Served::new();
    *served.process.store.delay.lock().unwrap() = std::time::Duration::from_secs(1);
    let make = || served.sessions.create_session(create("k", "red"));
    let (first, second) = in_time(futures::future::join(make(), make())).await;
    let id = |made: pb::CreateSessionResponse| made.session.session_id.clone();
    assert_eq!(id(first.unwrap().into_owned()), id(second.unwrap().into_owned()));
    assert_eq!(served.process.runtime.live().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_copy_is_made_once_for_a_key() {
    let mut served = Served::new();
    let (session, other) = (talked(&mut served).await, talked(&mut served).await);
    let fork = async |from: SessionId, at_seq| {
        let request = pb::ForkRequest {
            session_id: from.to_string(),
            at_seq,
            idempotency_key: "k".to_owned(),
            ..Default::default()
        };
        let copy = in_time(served.sessions.fork(request)).await;
        copy.map(|copy| copy.into_owned().session.session_id.clone()).map_err(|error| reason(&error))
    };
    let copy = fork(session, 6).await.unwrap();
    assert_eq!(fork(session, 6).await.as_ref(), Ok(&copy));
    assert_eq!(fork(session, 1).await, Err("idempotency_key_reused".to_owned()));
    assert_eq!(fork(other, 6).await, Err("idempotency_key_reused".to_owned()));

    // Across restarts too: it is taken up from the store.
    let copy: SessionId = copy.parse().unwrap();
    let live = served.process.runtime.find(copy).unwrap();
    keep(&served, copy);
    live.release();
    in_time(live.ended()).await.unwrap();
    assert_eq!(fork(session, 6).await, Ok(copy.to_string()));
}

#[tokio::test(start_paused = true)]
async fn what_was_let_go_is_not_closed_by_saying_so() {
    let mut served = Served::new();
    let session = talked(&mut served).await;
    let close = async |mode: pb::CloseMode| {
        let request =
            pb::CloseRequest { session_id: session.to_string(), mode: mode.into(), ..Default::default() };
        in_time(served.sessions.close(request)).await.map(drop).map_err(|error| reason(&error))
    };
    keep(&served, session);
    assert_eq!(close(pb::CloseMode::Release).await, Ok(()));
    assert_eq!(close(pb::CloseMode::Release).await, Ok(()));
    assert_eq!(close(pb::CloseMode::Final).await, Err("not_live".to_owned()));

    served.process.store.held.lock().unwrap().push(session);
    let resume = pb::ResumeRequest { session_id: session.to_string(), ..Default::default() };
    let held = in_time(served.sessions.resume(resume)).await.unwrap_err();
    assert_eq!((held.code, reason(&held).as_str()), (ErrorCode::Aborted, "session_in_use"));
    let has = |name: &str| held.details.iter().any(|detail| detail.type_url.ends_with(name));
    assert!(has("google.rpc.RetryInfo"), "{held:?}");
    let owned = pb::ConflictDetail {
        session_id: session.to_string(),
        owner: "another program".to_owned(),
        ..Default::default()
    };
    assert_eq!(conflict(&held), owned);

    served.process.store.held.lock().unwrap().clear();
    let durability = pb::Durability { epoch: Some(1), ..Default::default() };
    let old = pb::ResumeRequest {
        session_id: session.to_string(),
        durability: Some(durability).into(),
        ..Default::default()
    };
    let old = in_time(served.sessions.resume(old)).await.unwrap_err();
    assert_eq!((old.code, reason(&old).as_str()), (ErrorCode::Aborted, "epoch_superseded"));
    assert_eq!(conflict(&old), pb::ConflictDetail { epoch: 2, ..Default::default() });
}

fn conflict(error: &connectrpc::ConnectError) -> pb::ConflictDetail {
    detail(error, "tau.runtime.v1.ConflictDetail")
}

/// Puts what a live session holds into the store.
fn keep(served: &Served, session: SessionId) {
    let live = served.process.runtime.find(session).unwrap();
    let events = live.handle().events(tau_core::event::Seq::default());
    let events = events.iter().map(|event| tau_core::event::Event::clone(event)).collect();
    served.process.store.journals.lock().unwrap().insert(session, events);
}

/// A session with a prompt that was answered.
async fn talked(served: &mut Served) -> SessionId {
    let session = served.create().await;
    let mut run = served.run(prompt(session, "Hi")).await.unwrap();
    served.process.model.asked().await.text("Hello.");
    run.rest().await;
    session
}
