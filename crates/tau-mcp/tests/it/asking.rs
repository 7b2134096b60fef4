//! What servers ask of us, and what they have besides tools.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use tau_mcp::client::{Elicitation, ElicitationAnswer, Elicitor};
use tau_mcp::content::ResourceAddress;
use tau_mcp::{ConnectOptions, McpErrorKind, Server};
use tau_tools::{Progress, ToolOutput};

use crate::support::{asking, context, options, text};

const BOTH: [&[&str]; 2] = [&[], &["--modern"]];

async fn connect(args: &[&str], options: &ConnectOptions) -> Server {
    Server::connect("asks", &asking(args), options).await.unwrap()
}

async fn call(server: &Server, name: &str) -> ToolOutput {
    let tool = server.mcp_tools().iter().find(|tool| tool.remote_name() == name).unwrap();
    tau_tools::ToolExecutor::execute(tool.as_ref(), &context(), &json!({})).await
}

/// A person who always says the same, and remembers what was asked.
#[derive(Debug)]
struct Person {
    answer: ElicitationAnswer,
    asked: Mutex<Vec<(String, Elicitation)>>,
}

impl Person {
    fn new(answer: ElicitationAnswer) -> Arc<Self> {
        Arc::new(Self { answer, asked: Mutex::default() })
    }
}

impl Elicitor for Person {
    fn elicit<'a>(&'a self, server: &'a str, question: Elicitation) -> BoxFuture<'a, ElicitationAnswer> {
        self.asked.lock().unwrap().push((server.to_owned(), question));
        async { self.answer.clone() }.boxed()
    }
}

fn json_of(output: &ToolOutput) -> Value {
    serde_json::from_str(text(output)).unwrap()
}

#[tokio::test]
async fn a_person_is_asked_and_defaults_are_filled_in() {
    for args in BOTH {
        let values = Map::from_iter([("city".to_owned(), json!("Paris"))]);
        let person = Person::new(ElicitationAnswer::Accepted(values));
        let server = connect(args, &options().with_elicitor(person.clone())).await;
        let answer = json_of(&call(&server, "ask").await);
        assert_eq!(answer, json!({"action": "accept", "content": {"city": "Paris", "days": 3}}), "{args:?}");
        let asked = person.asked.lock().unwrap();
        let [(server, Elicitation::Form { message, schema })] = asked.as_slice() else { panic!("{asked:?}") };
        assert_eq!((server.as_str(), message.as_str()), ("asks", "Where to?"));
        assert_eq!(schema["required"], json!(["city"]));
    }
}

#[tokio::test]
async fn a_question_may_be_declined_and_is_when_nobody_is_there() {
    for args in BOTH {
        for (answer, action) in
            [(ElicitationAnswer::Declined, "decline"), (ElicitationAnswer::Cancelled, "cancel")]
        {
            let server = connect(args, &options().with_elicitor(Person::new(answer))).await;
            assert_eq!(json_of(&call(&server, "ask").await), json!({"action": action}), "{args:?}");
        }
        let server = connect(args, &options()).await;
        assert_eq!(json_of(&call(&server, "ask").await), json!({"action": "decline"}), "{args:?}");
    }
}

#[tokio::test]
async fn roots_are_told() {
    for args in BOTH {
        let server = connect(args, &options().with_roots(["/srv/project"])).await;
        let roots = json!({"roots": [{"uri": "file:///srv/project/"}]});
        assert_eq!(json_of(&call(&server, "roots").await), roots, "{args:?}");
    }
}

#[tokio::test]
async fn no_model_is_asked_for_a_server() {
    let server = connect(&[], &options()).await;
    let refused = json_of(&call(&server, "sample").await);
    assert_eq!(refused["code"], -32601);
    assert!(refused["message"].as_str().unwrap().contains("asks no model"), "{refused}");
    let server = connect(&["--modern"], &options()).await;
    let refused = call(&server, "sample").await;
    assert!(refused.is_error && text(&refused).contains("wants a model asked"), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_never_has_enough_is_given_up() {
    let server = connect(&["--modern"], &ConnectOptions::default()).await;
    let tool = server.mcp_tools().iter().find(|tool| tool.remote_name() == "ask_again").unwrap();
    let calling = tokio::time::timeout(Duration::from_secs(120), tool.call(&Value::Object(Map::new()))).await;
    let error = calling.unwrap().unwrap_err();
    assert_eq!(error.kind(), McpErrorKind::Protocol);
    assert!(error.to_string().contains("asked for more input 10 times"), "{error}");
}

#[tokio::test]
async fn progress_is_heard_by_who_called() {
    for args in BOTH {
        let server = connect(args, &options()).await;
        let heard = Arc::new(Mutex::new(String::new()));
        let progress = {
            let heard = Arc::clone(&heard);
            Progress::new(move |text| heard.lock().unwrap().push_str(text))
        };
        let tool = server.mcp_tools().iter().find(|tool| tool.remote_name() == "progress").unwrap();
        assert_eq!(text(&tool.call_with(&json!({}), &progress).await.unwrap()), "done");
        // Notifications are handled beside answers.
        crate::support::eventually("all of it was heard", async || {
            *heard.lock().unwrap() == "1/3: working\n2/3: working\n3/3: working\n"
        })
        .await;
    }
}

#[tokio::test]
async fn a_task_is_waited_for_and_answered() {
    let server = connect(&["--modern"], &options().with_roots(["/srv"])).await;
    let heard = Arc::new(Mutex::new(String::new()));
    let progress = {
        let heard = Arc::clone(&heard);
        Progress::new(move |text| heard.lock().unwrap().push_str(text))
    };
    let tool = server.mcp_tools().iter().find(|tool| tool.remote_name() == "task").unwrap();
    assert_eq!(text(&tool.call_with(&json!({}), &progress).await.unwrap()), "late");
    assert_eq!(*heard.lock().unwrap(), "half way\n");
    let failed = call(&server, "task_fails").await;
    assert!(failed.is_error && text(&failed).contains("the disk is full (code -32000)"), "{failed:?}");
}

#[tokio::test]
async fn prompts_are_listed_page_by_page_and_filled_in() {
    for args in BOTH {
        let server = connect(args, &options()).await;
        let prompts = server.prompts().await.unwrap();
        let commands: Vec<&str> = prompts.iter().map(|prompt| prompt.command.as_str()).collect();
        assert_eq!(commands, ["mcp__asks__essay", "mcp__asks__long_essay"]);
        assert_eq!(
            (prompts[0].arguments[0].name.as_str(), prompts[0].arguments[0].required),
            ("topic", true)
        );
        let text = server.prompt("essay", prompts[0].arguments_of("the open sea")).await.unwrap();
        assert_eq!(text.to_prompt(), "Write about the open sea.");
        let missing = server.prompt("essay", Map::new()).await.unwrap_err();
        assert_eq!(missing.kind(), McpErrorKind::Refused);
    }
}

#[tokio::test]
async fn resources_are_listed_and_read() {
    let server = connect(&[], &options()).await;
    let addresses: Vec<ResourceAddress> =
        server.resources().await.unwrap().into_iter().map(|resource| resource.address).collect();
    let template = ResourceAddress::Template("note://{name}".to_owned());
    assert_eq!(addresses, [ResourceAddress::Uri("note://one".to_owned()), template]);
    let note = server.resource("note://one").await.unwrap();
    let expected = tau_core::ToolResultBlock::text("[resource note://one]\nthe first note");
    assert_eq!(note.blocks, [expected]);
    assert_eq!(server.resource("note://two").await.unwrap_err().kind(), McpErrorKind::Refused);
}

#[tokio::test]
async fn a_call_that_never_ends_is_given_up_in_time() {
    let server = connect(&[], &options()).await;
    let started = Instant::now();
    let hanging = tokio::time::timeout(Duration::from_millis(200), call(&server, "hang")).await;
    assert!(hanging.is_err() && started.elapsed() < Duration::from_secs(2), "{hanging:?}");
}
