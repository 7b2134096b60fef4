use tau_persist::Holder;

use crate::sessions_support::{created, exchange, gone, hold, id, keep};
use crate::support::Place;

fn three() -> Place {
    let place = Place::new();
    for number in 1..=3 {
        let events = [created(&place.project())].into_iter().chain(exchange(1, "Hi", "."));
        keep(&place, number, events);
    }
    place
}

async fn left(place: &Place) -> usize {
    let listed = place.tau(&["sessions", "list", "--output", "json"]).await;
    listed.assert_code(0).json()["sessions"].as_array().unwrap().len()
}

#[tokio::test]
async fn deletes_for_good_what_it_names() {
    let place = three();
    let ran = place.tau(&["sessions", "delete", "--yes", &id(1), &id(3), &id(1)]).await;
    assert_eq!(ran.assert_code(0).stdout, format!("{}\n{}\n", id(1), id(3)));
    assert_eq!(left(&place).await, 1);
    place.tau(&["sessions", "show", &id(1)]).await.assert_code(2);
}

#[tokio::test]
async fn nobody_to_ask_deletes_nothing() {
    let place = three();
    let ran = place.tau(&["sessions", "delete", &id(1)]).await;
    insta::assert_snapshot!(ran.assert_code(2).stderr, @r#"
        × nobody is there to confirm it
        help: delete without asking with --yes
        "#);
    // One wrong name, and none of them goes.
    place.tau(&["sessions", "delete", "--yes", &id(1), "unheard-of"]).await.assert_code(2);
    assert_eq!(left(&place).await, 3);
}

#[tokio::test]
async fn a_session_in_use_stays() {
    let place = three();
    hold(&place, 2, &Holder::this_process("tau").to_string());
    let ran = place.tau(&["sessions", "delete", "--yes", &id(2), &id(3)]).await;
    assert_eq!(ran.assert_code(1).stdout, format!("{}\n", id(3)));
    let process = std::process::id();
    let said = format!(
        "it was not deleted: session {}: in use by tau (process {process}); end that one first",
        id(2)
    );
    assert!(ran.stderr.starts_with(&said), "{ran:?}");
    assert_eq!(left(&place).await, 2);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_that_is_gone_keeps_no_session() {
    let place = three();
    hold(&place, 2, &gone());
    place.tau(&["sessions", "delete", "--yes", &id(2)]).await.assert_code(0);
    assert_eq!(left(&place).await, 2);
}
