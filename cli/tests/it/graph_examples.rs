//! The graphs in examples/, each run to its end with a scripted model.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tau_testkit::{ModelServer, Reply, Request};

use crate::support::Place;

/// What is answered to a prompt that begins so.
const SCRIPT: [(&str, &str); 12] = [
    ("Divide the question", r#"["What?", "Why?"]"#),
    ("Answer in one paragraph, with what you found: ", "Because."),
    ("Write a report", "The report."),
    ("Review the file a.rs", "a: fine"),
    ("Review the file b.rs", "b: wrong"),
    ("Give a verdict in one line on these remarks: [\"a: fine\",\"b: wrong\"]", "b has to change"),
    ("Say in one word", "question"),
    ("Answer this question", "On its way, as everything is in the end."),
    ("Make this answer shorter", "On its way!"),
    ("Say `allowed`", "allowed"),
    ("Choose the best", r#"{"supplier": "Chairs Ltd", "price": 700}"#),
    ("Write a one-line order", "Ten chairs, please."),
];

fn model(_: usize, request: &Request) -> Reply {
    let request = request.json();
    let prompt =
        request["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned();
    if let Some(supplier) = prompt.strip_prefix("You are the supplier ") {
        let price = if supplier.starts_with("Oak") { 900 } else { 700 };
        let name = supplier.split('.').next().unwrap();
        return Reply::text(&json!({ "supplier": name, "price": price }).to_string());
    }
    let answer = SCRIPT.iter().find(|(begins, _)| prompt.starts_with(begins));
    Reply::text(answer.unwrap_or_else(|| panic!("nobody expected {prompt:?}")).1)
}

fn example(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../examples/graphs/{name}.yaml"));
    path.canonicalize().unwrap().display().to_string()
}

const ALLOW: [&str; 6] = ["--allow", "bash", "--allow", "write", "-o", "json"];

async fn place() -> (ModelServer, Place) {
    let server = ModelServer::start(model).await.unwrap();
    let place = Place::with_server(&server);
    (server, place)
}

async fn ran(place: &Place, name: &str, settings: &[&str], code: i32) -> Value {
    let file = example(name);
    let mut arguments = vec!["graph", "run", &file, "--run", "r"];
    arguments.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    arguments.extend(ALLOW);
    place.tau(&arguments).await.assert_code(code).json()
}

async fn resumed(place: &Place, answer: &str, code: i32) -> Value {
    let mut arguments = vec!["graph", "resume", "r", "--answer", answer];
    arguments.extend(ALLOW);
    place.tau(&arguments).await.assert_code(code).json()
}

#[tokio::test]
async fn a_deployment_is_rolled_back_where_it_does_not_work() {
    for (works, log) in [("yes", json!(["deployed 1.3"])), ("no", json!(["deployed 1.3", "rolled back"]))] {
        let (_server, place) = place().await;
        let ended = ran(&place, "deployment", &["version=\"1.3\"", &format!("works=\"{works}\"")], 0).await;
        assert_eq!(ended["state"]["log"], log);
        assert_eq!(place.project().join("site/live").exists(), works == "yes");
    }
}

#[tokio::test]
async fn research_is_divided_and_put_together() {
    let (_server, place) = place().await;
    let ended = ran(&place, "research", &["question=\"Q?\""], 0).await;
    assert_eq!(ended["state"]["findings"], json!(["Because.", "Because."]));
    assert_eq!(ended["state"]["report"], "The report.");
}

#[tokio::test]
async fn reviews_keep_the_order_of_the_files() {
    let (_server, place) = place().await;
    let ended = ran(&place, "parallel-review", &["files=[\"a.rs\", \"b.rs\"]"], 0).await;
    assert_eq!(ended["state"]["remarks"], json!(["a: fine", "b: wrong"]));
    assert_eq!(ended["state"]["verdict"], "b has to change");
}

#[tokio::test]
async fn a_document_is_routed_revised_and_sent() {
    let (_server, place) = place().await;
    let waiting = ran(&place, "documents", &["document=\"Where is my order 17?\""], 6).await;
    assert_eq!((&waiting["state"]["kind"], &waiting["next"]), (&json!("question"), &json!(["approve"])));
    let waiting = resumed(&place, "approve=\"revise\"", 6).await;
    assert_eq!(waiting["state"]["answer"], "On its way!");
    resumed(&place, "approve=\"send\"", 0).await;
    assert_eq!(place.read("answer.txt"), "On its way!");
}

#[tokio::test]
async fn a_purchase_above_the_limit_is_approved_and_ordered() {
    let settings = ["request=\"Ten chairs\"", "suppliers=[\"Oak & Sons\", \"Chairs Ltd\"]", "limit=500"];
    for (answer, log) in [("approve=true", "ordered from Chairs Ltd"), ("approve=false", "not ordered")] {
        let (_server, place) = place().await;
        let waiting = ran(&place, "procurement", &settings, 6).await;
        assert_eq!(
            waiting["state"]["offers"],
            json!([
                { "supplier": "Oak & Sons", "price": 900 }, { "supplier": "Chairs Ltd", "price": 700 },
            ])
        );
        let ended = resumed(&place, answer, 0).await;
        assert_eq!(ended["state"]["log"], json!([log]));
        assert_eq!(place.project().join("order.txt").exists(), answer == "approve=true");
    }
}

#[tokio::test]
async fn a_pipeline_is_killed_and_goes_on() {
    let (_server, place) = place().await;
    let file = example("pipeline");
    let mut child = place.command(&["graph", "run", &file, "--run", "r", "--allow-all"]).spawn().unwrap();
    for _ in 0..600 {
        let stages = std::fs::read_to_string(place.project().join("stages")).unwrap_or_default();
        if stages.contains("transformed") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.start_kill().unwrap();
    child.wait().await.unwrap();
    let ended = place.tau(&["graph", "resume", "r", "--allow-all", "-o", "json"]).await.assert_code(0).json();
    assert_eq!((&ended["state"]["rows"], &ended["state"]["total"]), (&json!("1000"), &json!("1001000")));
    assert_eq!(place.read("stages").matches("extracted").count(), 1);
}
