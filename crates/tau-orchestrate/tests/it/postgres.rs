//! Runs in a real PostgreSQL server, which is started for the test. Where there is none, that is said and nothing is tested.

pub(crate) mod server;

use std::sync::Arc;

use tau_orchestrate::checkpoint::{PostgresStore, Record, RunId, RunStatus, Store, StoreErrorKind};

use server::Server;

fn record(seq: u64) -> Record {
    Record::new(seq, "graph".into(), seq, RunStatus::Running, vec![1, 2, 3])
}

#[tokio::test]
async fn postgres() {
    let Some(server) = Server::start() else { return };
    let store = Arc::new(PostgresStore::connect(&server.address()).await.unwrap());
    crate::stores::check_all(store).await;
}

#[tokio::test]
async fn a_server_that_is_gone_and_back() {
    let Some(mut server) = Server::start() else { return };
    let store = PostgresStore::connect(&server.address()).await.unwrap();
    let run = RunId::new("r").unwrap();
    store.append(&run, record(1)).await.unwrap();
    server.stop();
    let error = store.append(&run, record(2)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert_eq!(store.load(&run).await.unwrap_err().kind(), StoreErrorKind::Unavailable);
    server.run();
    store.append(&run, record(2)).await.unwrap();
    assert_eq!(store.load(&run).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_address_that_leads_nowhere() {
    for wrong in ["not an address", "host=/nowhere user=x", "postgres://127.0.0.1:1/x"] {
        let error = PostgresStore::connect(wrong).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{wrong}");
    }
}
