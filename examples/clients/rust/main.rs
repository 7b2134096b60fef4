//! Offers a tool, asks a tau server for work, shows what happens, and answers its questions for permission with yes.
//!
//!     tau serve &
//!     cargo run -p tau-client --example client -- http://127.0.0.1:8321 ~/.local/state/tau/token "is it warm in Rome?"

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::error::Error;

use tau_client::{Client, ClientOptions, RunItem, Token, Tool, ToolCall, Tools, answer, pb};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, url, token_file, prompt] = &arguments[..] else {
        return Err("usage: client URL TOKENFILE PROMPT".into());
    };
    let token = Token::new(std::fs::read_to_string(token_file)?);
    let client = Client::connect_with(url.parse()?, ClientOptions::default().with_token(token)).await?;
    ask(&client, prompt, |text| print!("{text}")).await
}

pub(crate) async fn ask(
    client: &Client,
    prompt: &str,
    mut show: impl FnMut(&str),
) -> Result<(), Box<dyn Error>> {
    let schema = serde_json::json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let thermometer = Tool::new("thermometer", "Measures the temperature in a city.", &schema);
    let tools = Tools::new("example").with(thermometer, |call: ToolCall| async move {
        call.progress("reading the scale\n").await;
        call.arguments::<serde_json::Value>().map(|place| format!("It is 31 degrees in {}.", place["city"]))
    });
    let attachment = client.attach(tools).await?;
    let session = client.create_session(pb::CreateSessionRequest::default()).await?;
    let mut run = session.run(prompt).await?;
    while let Some(item) = run.next().await {
        match item? {
            RunItem::Delta(pb::Delta { delta: Some(pb::delta::Delta::Text(text)), .. }) => show(&text),
            RunItem::Event(event) => {
                if let Some(pb::session_event::Body::PermissionRequested(asked)) = event.body {
                    show(&format!("[{}: allowed]\n", asked.reason));
                    session.respond(&asked.call_id, answer::allow()).await?;
                }
            }
            RunItem::Finished(result) => show(&format!("\n[done after {} turns]\n", result.spent.turns)),
            _ => {}
        }
    }
    Ok(attachment.detach().await?)
}
