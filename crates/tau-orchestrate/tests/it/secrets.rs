//! A planted secret is searched for in everything that a run gives out.

use std::sync::Arc;

use futures::StreamExt;
use tau_core::Secret;
use tau_orchestrate::checkpoint::{MemoryStore, RunId, SqliteStore, Store};
use tau_orchestrate::graph::{Context, END, Modes, RunErrorKind, StateGraph};
use tau_orchestrate::state::{Key, Schema, SecretKey, StateErrorKind, Update};

use crate::support::Recorder;

const PLANTED: &str = "hunter2-planted";
const TOKEN: SecretKey = SecretKey::new("token");
const LENGTH: Key<usize> = Key::new("length");

fn graph(fails: Fails) -> StateGraph {
    StateGraph::builder("secretive")
        .keys([TOKEN.spec(), LENGTH.spec()])
        .node("use", async |context: Context| {
            let token = context.state().secret(TOKEN)?;
            Ok(LENGTH.set(token.expose().len()).and_secret(TOKEN, Secret::new(PLANTED)))
        })
        .node("fail", move |context: Context| async move {
            let token = context.state().secret(TOKEN)?.expose().to_owned();
            match fails {
                Fails::No => Ok(Update::new()),
                Fails::WithError => Err(format!("401 for {token}").into()),
                Fails::WithPanic => {
                    assert!(token.is_empty(), "no {token}");
                    Ok(Update::new())
                }
            }
        })
        .entry("use")
        .edge("use", "fail")
        .edge("fail", END)
        .build()
        .unwrap()
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Fails {
    No,
    WithError,
    WithPanic,
}

#[tokio::test]
async fn a_secret_is_in_nothing_that_a_run_gives_out() {
    for fails in [Fails::No, Fails::WithError, Fails::WithPanic] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("runs.db");
        let (memory, sqlite) = (Arc::new(MemoryStore::new()), Arc::new(SqliteStore::open(&file).unwrap()));
        for store in [memory as Arc<dyn Store>, sqlite] {
            let (recorder, id) = (Recorder::default(), RunId::new("r").unwrap());
            let run = graph(fails).run(TOKEN.set(Secret::new(PLANTED)));
            let run = run.with_store(Arc::clone(&store), id.clone()).with_observer(recorder.clone());
            let all = Modes::VALUES | Modes::UPDATES | Modes::MESSAGES | Modes::DEBUG;
            let mut given = String::new();
            let mut parts = run.stream(all);
            while let Some(part) = parts.next().await {
                given += &format!("{part:?}");
                if let tau_orchestrate::graph::Part::Values { state, .. } = &part {
                    given += &serde_json::to_string(state).unwrap();
                    let before = state.schema().state();
                    given += &format!("{:?}", before.diff(state).unwrap());
                }
                if let tau_orchestrate::graph::Part::Finished(Err(error)) = &part {
                    given +=
                        &format!("{error} {:?}", std::error::Error::source(error).map(ToString::to_string));
                }
            }
            given += &recorder.events().iter().map(|event| format!("{event} {event:?}")).collect::<String>();
            for stored in store.load(&id).await.unwrap() {
                given += &String::from_utf8_lossy(&stored.record.body);
            }
            let failed = if fails == Fails::No { "completed" } else { "[redacted]" };
            assert!(given.contains("length") && given.to_lowercase().contains(failed), "{given}");
            assert!(!given.contains(PLANTED), "{fails:?}: {given}");
        }
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(PLANTED.len()).any(|window| window == PLANTED.as_bytes()));
        }
    }
}

#[tokio::test]
async fn a_run_that_goes_on_elsewhere_is_given_its_secrets_again() {
    let (store, id): (Arc<dyn Store>, _) = (Arc::new(MemoryStore::new()), RunId::new("r").unwrap());
    let run = graph(Fails::WithError).run(Update::new()).with_secret(TOKEN, Secret::new(PLANTED));
    run.with_store(Arc::clone(&store), id.clone()).await.unwrap_err();
    let runs = graph(Fails::No).runs(store);
    let error = runs.resume(&id).await.unwrap_err();
    assert_eq!((error.kind(), error.node()), (RunErrorKind::NodeFailed, Some("fail")));
    assert_eq!(
        error.to_string(),
        "graph `secretive`, run `r`: node `fail` failed: secret `token` is missing; secrets are not stored: give it again to a run \
         that is resumed"
    );
    assert!(runs.resume(&id).with_secret(TOKEN, Secret::new(PLANTED)).await.unwrap().is_completed());
}

#[test]
fn a_secret_is_no_key() {
    const PLAIN: Key<String> = Key::new("token");
    let state = Schema::new([TOKEN.spec()]).unwrap().state().apply(TOKEN.set(Secret::new(PLANTED))).unwrap();
    assert!(state.has("token"));
    assert_eq!(state.get(PLAIN), None);
    assert_eq!(state.json("token").unwrap(), None);
    assert_eq!(state.apply(PLAIN.set("open".into())).unwrap_err().kind(), StateErrorKind::WrongType);
    let as_json = Update::new().and_json("token", "open".into());
    assert_eq!(state.apply(as_json).unwrap_err().kind(), StateErrorKind::WrongType);
    assert_eq!(
        format!("{state:?} {:?}", TOKEN.set(Secret::new(PLANTED))),
        r#"State{"token"} Update{"token"}"#
    );
    assert_eq!(state.redact(&format!("a {PLANTED} b")), "a [redacted] b");
}
