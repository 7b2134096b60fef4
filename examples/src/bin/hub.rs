//! Participants of a hub: point to point, request, broadcast, topics, a message that must arrive, and two hubs with a
//! bridge between them. One of the participants is an agent.

use std::sync::Arc;
use std::time::Duration;

use tau_agent::transport::ReplayTransport;
use tau_agent::{Agent, ChatRequest, WireCache};
use tau_core::{ContentBlock, Message as ChatMessage};
use tau_orchestrate::hub::{Bridge, HandlerError, Hub, HubErrorKind, Message, Priority};

/// A model that was recorded while it answered one question.
const RECORDING: &str = r#"
{"tau_recording":1,"format":"openai-chat","model":"clerk"}
{"request":{"model":"clerk","stream":true,"stream_options":{"include_usage":true},
  "messages":[{"role":"system","content":"Answer in one sentence."},{"role":"user","content":"How much is 2 kg of tea?"}]}}
{"response":{"events":[{"choices":[{"delta":{"content":"That is 58 euros."},"finish_reason":"stop"}]}]}}
"#;

/// Whoever prints what it is handed.
fn printer(name: &'static str) -> impl Fn(Message) -> std::future::Ready<Result<(), HandlerError>> {
    move |message| {
        let about = message.subject().map_or(String::new(), |subject| format!(" on {subject}"));
        let printed = message.text().map(|text| println!("  {name}{about}: {text}"));
        std::future::ready(printed.map_err(Into::into))
    }
}

/// An agent as a participant: whoever has a handler takes part.
async fn answer(agent: &Agent, question: &Message) -> Result<String, HandlerError> {
    let messages = [Arc::new(ChatMessage::user([ContentBlock::text(question.text()?)]))];
    let request = ChatRequest::new(&messages).with_system("Answer in one sentence.");
    let reply = agent.chat(request, &mut WireCache::default()).await?;
    Ok(ChatMessage::assistant(reply.content).text())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let shop = Hub::new("shop");
    shop.register("store", printer("store")).await?;
    shop.register("audit", printer("audit")).await?;
    let agent = Arc::new(Agent::replay(Arc::new(ReplayTransport::new(RECORDING.parse()?)))?);
    shop.register("clerk", move |question: Message| {
        let agent = Arc::clone(&agent);
        async move { answer(&agent, &question).await }
    })
    .await?;

    println!("point to point");
    shop.send(Message::to("store").body("2 kg of tea").priority(Priority::High).header("order", "7")).await?;
    let nobody = shop.send(Message::to("stroe").body("a slip of the pen")).await;
    println!("  error: {}", nobody.expect_err("nobody has that id"));

    println!("request");
    let question = Message::to("clerk").body("How much is 2 kg of tea?").deadline_in(Duration::from_secs(60));
    println!("  {}", shop.request(question).await?.text()?);

    println!("topics");
    shop.subscribe("audit", "orders.*.paid").await?;
    shop.subscribe("store", "orders.>").await?;
    shop.send(Message::on("orders.7.placed").body("tea")).await?;
    shop.send(Message::on("orders.7.paid").body("58 euros")).await?;
    settle().await;

    println!("two hubs and a bridge: the harbour hears of orders, and its pilot can be asked");
    let harbour = Hub::new("harbour");
    harbour.register("ship", printer("ship")).await?;
    harbour.register("pilot", async |_: Message| "high water is at noon").await?;
    harbour.subscribe("ship", "orders.*.shipped").await?;
    shop.register("pilot", Bridge::to(&harbour)).await?;
    shop.subscribe("pilot", "orders.*.shipped").await?;
    println!("  pilot: {}", shop.request(Message::to("pilot").body("when?")).await?.text()?);
    shop.send(Message::on("orders.7.shipped").body("two chests")).await?;
    settle().await;

    println!("broadcast, over the bridge too");
    shop.unregister("clerk")?;
    shop.send(Message::to_everyone().body("closing time")).await?;
    settle().await;

    println!("what must arrive waits for whoever is not there yet");
    shop.send(Message::to("night-watch").body("lock the door").must_arrive()).await?;
    println!("  in the outbox: {}", shop.metrics().outbox_depth);
    shop.register("night-watch", printer("night-watch")).await?;
    settle().await;

    let report = shop.shutdown(Duration::from_secs(5)).await;
    harbour.shutdown(Duration::from_secs(5)).await;
    println!("shut down, drained: {}", report.is_drained);
    let late = shop.send(Message::to("store")).await.map_err(|error| error.kind());
    assert_eq!(late.err(), Some(HubErrorKind::ShutDown));
    Ok(())
}

/// Lets everybody come to what was sent, so that what is printed stands below its heading.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}
