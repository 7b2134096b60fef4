//! Several agents at once: each part of a text is reviewed by a model of its own, and the reviews come back in order.

use std::sync::Arc;

use tau_agent::transport::ReplayTransport;
use tau_agent::{Agent, ChatRequest, WireCache};
use tau_core::{ContentBlock, Message};
use tau_orchestrate::workflow::Parallel;

/// A model that was recorded while it reviewed one part.
fn reviewer(part: &str, verdict: &str) -> anyhow::Result<Agent> {
    let recording = format!(
        r#"
        {{"tau_recording":1,"format":"openai-chat","model":"reviewer"}}
        {{"request":{{"model":"reviewer","stream":true,"stream_options":{{"include_usage":true}},
          "messages":[{{"role":"system","content":"Review in one sentence."}},{{"role":"user","content":"{part}"}}]}}}}
        {{"response":{{"events":[{{"choices":[{{"delta":{{"content":"{verdict}"}},"finish_reason":"stop"}}]}}]}}}}
        "#
    );
    Ok(Agent::replay(Arc::new(ReplayTransport::new(recording.parse()?)))?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let parts = [
        ("The kernel is pure.", "True, and short."),
        ("The driver does the rest.", "Say what the rest is."),
        ("Errors are typed.", "Give an example."),
    ];
    let work = parts.into_iter().map(|(part, verdict)| Ok((part, reviewer(part, verdict)?)));
    let work = work.collect::<anyhow::Result<Vec<_>>>()?;

    let reviews = Parallel::new("review")
        .fail_fast(work, async |(part, agent): (&'static str, Agent)| {
            let messages = [Arc::new(Message::user([ContentBlock::text(part)]))];
            let request = ChatRequest::new(&messages).with_system("Review in one sentence.");
            let reply = agent.chat(request, &mut WireCache::default()).await?;
            Ok::<_, tau_agent::AgentError>((part, Message::assistant(reply.content).text()))
        })
        .await?;
    for (part, review) in reviews {
        println!("{part:28} {review}");
    }
    Ok(())
}
