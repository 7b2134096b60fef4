use serde_json::json;
use tau_core::ContentBlock;
use tau_core::event::{EventBody, ToolOutcome};
use tau_persist::{SessionId, export_session};

use crate::schema::assert_valid;
use crate::sessions_support::{
    call, created, finished, id, keep, prompt, replied, requested, started, store,
};
use crate::support::{Place, Ran};

/// Two sessions that came in by `import`, which is how the program reads their words.
async fn imported() -> Place {
    let place = Place::new();
    let source = Place::new();
    let tool = call("c1", "bash", r#"{"command":"grep -r \"Needle\nHaystack\" ."}"#);
    let said = [ContentBlock::text("I search for it."), ContentBlock::ToolCall(tool.clone())];
    let first: Vec<EventBody> = vec![
        created(&source.project()),
        prompt(1, "Find the lost Zebra, please"),
        started(1),
        replied(1, said),
        requested(tool),
        finished("c1", ToolOutcome::Succeeded, "src/zoo.rs: fn giraffe() {}"),
    ];
    keep(&source, 1, first);
    keep(&source, 2, [created(&source.project()), prompt(1, "Another zebra, in stripes")]);
    for number in [1, 2] {
        let mut file = Vec::new();
        let session = SessionId::new(id(number)).unwrap();
        export_session(&store(&source, 9), &session, &mut file).await.unwrap();
        place.write(&format!("{number}.jsonl"), &String::from_utf8(file).unwrap());
    }
    place.tau(&["sessions", "import", "1.jsonl", "2.jsonl"]).await.assert_code(0);
    place
}

async fn hits(place: &Place, arguments: &[&str]) -> Vec<(String, u64)> {
    let arguments = [&["sessions", "search", "--output", "json"], arguments].concat();
    let json = place.tau(&arguments).await.assert_code(0).json();
    assert_valid("search", &json);
    let hits = json["hits"].as_array().unwrap().iter();
    hits.map(|hit| (hit["session"].as_str().unwrap().to_owned(), hit["seq"].as_u64().unwrap())).collect()
}

#[tokio::test]
async fn finds_prompts_replies_calls_and_results() {
    let place = imported().await;
    let mut zebras = hits(&place, &["ZEBRA"]).await;
    zebras.sort();
    assert_eq!(zebras, [(id(1), 2), (id(2), 2)]);
    let found = [
        (&["lost", "zebra"][..], 2),
        (&["i search"], 4),
        // Words of arguments, whole where the JSON has an escape before them.
        (&["haystack"], 5),
        (&["bash"], 5),
        (&["giraffe"], 6),
    ];
    for (words, seq) in found {
        assert_eq!(hits(&place, words).await, [(id(1), seq)], "{words:?}");
    }
    assert_eq!(hits(&place, &["nhaystack"]).await, []);
    assert_eq!(hits(&place, &["zebra", "--session", &id(2)]).await, [(id(2), 2)]);
    assert_eq!(hits(&place, &["zebra", "-n", "1"]).await.len(), 1);
}

#[tokio::test]
async fn a_hit_says_where_it_is() {
    let place = imported().await;
    let ran: Ran = place.tau(&["sessions", "search", "giraffe"]).await;
    assert_eq!(ran.assert_code(0).stdout, format!("{}      6  src/zoo.rs: fn giraffe() {{}}\n", id(1)));
}

#[tokio::test]
async fn nothing_found_is_no_error_and_no_word_is_one() {
    let place = imported().await;
    let nothing = place.tau(&["sessions", "search", "dodo"]).await;
    assert_eq!(
        (nothing.assert_code(0).stdout.as_str(), nothing.stderr.as_str()),
        ("", "nothing was found\n")
    );
    // No character of a query means anything to the index.
    for query in ["\" OR 1", "zebra*", "NOT zebra", "a AND", "((("] {
        let ran = place.tau(&["sessions", "search", query]).await;
        assert!(matches!(ran.code, Some(0 | 2)) && !ran.stderr.contains("fts5"), "{query}: {ran:?}");
    }
    insta::assert_snapshot!(place.tau(&["sessions", "search", "--", "-*-"]).await.assert_code(2).stderr, @r#"
        × there is no word to search for
        help: words are letters and digits
        "#);
    let empty = Place::new();
    assert_eq!(
        empty.tau(&["sessions", "search", "x", "--output", "json"]).await.assert_code(0).json(),
        json!({ "hits": [] })
    );
}
