//! The example in examples/clients/rust does what it says.

use tau_testkit::Reply;

use crate::support::{Server, in_time};

#[path = "../../../../examples/clients/rust/main.rs"]
#[allow(dead_code, reason = "its main is for people")]
mod client;

#[tokio::test]
async fn the_example_offers_a_tool_and_permits_its_call() {
    let call = Reply::tool_calls([("c1", "thermometer", r#"{"city":"Rome"}"#)]);
    let server = Server::start([call, Reply::text("It is warm.")]).await;
    let (client, _wire) = server.wired().await;
    let mut shown = String::new();
    in_time(client::ask(&client, "is it warm?", |text| shown.push_str(text))).await.unwrap();
    let asked = shown.lines().next().unwrap();
    assert!(asked.ends_with(": allowed]"), "{shown}");
    assert_eq!(shown.strip_prefix(asked).unwrap(), "\nIt is warm.\n[done after 2 turns]\n");
    let said = &server.model.requests()[1].json()["messages"];
    assert_eq!(said.as_array().unwrap().last().unwrap()["content"], r#"It is 31 degrees in "Rome"."#);
}
