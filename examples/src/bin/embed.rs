//! A session inside a program of your own: one tool of yours, words as they stream, and a permission that the program
//! answers.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tau_agent::Agent;
use tau_agent::transport::ReplayTransport;
use tau_core::event::{EventBody, PermissionAnswer, Seq, SessionConfig};
use tau_core::{ContentBlock, ToolDefinition};
use tau_runtime::{Delta, Session, SessionOptions, Update};
use tau_tools::environment::MemoryEnvironment;
use tau_tools::{ToolContext, ToolExecutor, ToolOutput, ToolRegistry};
use tokio_util::sync::CancellationToken;

/// A lamp that the model may switch. It changes something, so it needs permission.
#[derive(Debug)]
struct Lamp {
    definition: ToolDefinition,
}

impl ToolExecutor for Lamp {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn execute<'a>(&'a self, _: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        std::future::ready(ToolOutput::text(format!("The lamp is now {}.", arguments["state"]))).boxed()
    }
}

/// What the model says, recorded.
const RECORDING: &str = r#"
{"tau_recording":1,"format":"openai-chat","model":"butler"}
{"request":{"model":"butler","stream":true,"stream_options":{"include_usage":true},"tools":"{{any}}",
  "messages":[{"role":"system","content":"You keep a house."},{"role":"user","content":"It is dark."}]}}
{"response":{"events":[
  {"choices":[{"delta":{"content":"I will see "}}]},
  {"choices":[{"delta":{"content":"to that.\n"}}]},
  {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"lamp","arguments":"{\"state\":\"on\"}"}}]},"finish_reason":"tool_calls"}]}]}}
{"append":[
  {"role":"assistant","content":"I will see to that.\n","tool_calls":[{"id":"c1","type":"function","function":{"name":"lamp","arguments":"{\"state\":\"on\"}"}}]},
  {"role":"tool","tool_call_id":"c1","content":"The lamp is now \"on\"."}]}
{"response":{"events":[{"choices":[{"delta":{"content":"Now it is light.\n"},"finish_reason":"stop"}]}]}}
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let agent = Agent::replay(Arc::new(ReplayTransport::new(RECORDING.parse()?)))?;
    let schema = json!({ "type": "object", "properties": { "state": { "enum": ["on", "off"] } }, "required": ["state"] });
    let lamp = Lamp { definition: ToolDefinition::new("lamp", "Switches the lamp.", schema) };
    let tools: ToolRegistry = [Arc::new(lamp) as Arc<dyn ToolExecutor>].into_iter().collect();
    let environment = Arc::new(MemoryEnvironment::new([("", ""); 0])?);
    let mut config = SessionConfig::new("butler");
    config.system = "You keep a house.".to_owned();

    let (session, handle) = Session::new(SessionOptions::new(config, agent, tools, environment));
    let task = tokio::spawn(session.run(CancellationToken::new()));
    let mut updates = handle.subscribe(Seq::default());
    handle.prompt([ContentBlock::text("It is dark.")]).await?;

    while let Some(update) = updates.next().await {
        match update {
            Update::Delta(Delta::Text(text)) => print!("{text}"),
            Update::Event(event) => match &event.body {
                EventBody::PermissionRequested { call_id, reason } => {
                    println!("[asked, because {reason}; allowed]");
                    handle.answer_permission(call_id.clone(), PermissionAnswer::Allow).await?;
                }
                EventBody::ToolFinished { result, .. } => println!("[{}]", result.text()),
                EventBody::RunFinished { outcome, .. } => {
                    println!("[{outcome:?}]");
                    break;
                }
                _ => {}
            },
            _ => {}
        }
    }
    drop(handle);
    task.await??;
    Ok(())
}
