//! Kinds of subagents and skills at work.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tau_core::event::{
    AgentProfile, CancelScope, CompactionPolicy, CompactionStrategy, ModelChoice, SkillProfile,
};
use tau_core::{EffectClass, ToolCallId};
use tau_runtime::{SessionOptions, loop_tools};
use tau_tools::ToolOutput;

use super::model::Model;
use super::support::{Running, in_time, tool};

fn reviewer(options: &mut SessionOptions) {
    let mut profile = AgentProfile::new("Reviews");
    profile.system = "You review.".to_owned();
    profile.model = Some(ModelChoice::new("test/small"));
    options.config.agents = BTreeMap::from([("reviewer".to_owned(), profile)]);
    options.config.tools = vec![loop_tools::task(&options.config.agents)];
}

#[tokio::test(start_paused = true)]
async fn a_kind_asks_its_own_model_with_its_own_instructions() {
    let mut small = Model::new();
    let agent = small.agent.clone();
    let mut session = Running::with([], |options| {
        reviewer(options);
        options.models.insert("test/small".to_owned(), agent);
    });
    session.prompt("Work").await;
    let task = r#"{"prompt":"Look around","subagent_type":"reviewer"}"#;
    session.model.asked().await.call(&[("a", "Agent", task)]);
    let asked = small.asked().await;
    assert_eq!(asked.messages(), ["system: You review.", "user: Look around"]);
    asked.text("Fine");
    session.until("tool_finished a Succeeded: Fine").await;
    session.model.asked().await.text("Done");
    session.until("run_finished Completed").await;
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_not_there_is_not_asked() {
    let mut session = Running::with([], reviewer);
    session.prompt("Work").await;
    let task = r#"{"prompt":"Look around","agent":"reviewer"}"#;
    session.model.asked().await.call(&[("a", "task", task)]);
    let asked = session.model.asked().await;
    assert_eq!(asked.messages()[0], "system: You review.");
    asked.text("Fine");
    session.until("tool_finished a Succeeded: Fine").await;
}

#[tokio::test(start_paused = true)]
async fn so_many_subagents_work_at_the_same_time_and_the_others_after_them() {
    let mut session = Running::with([], |options| {
        options.parallel_subagents = 2;
        options.config.tools = vec![loop_tools::task(&BTreeMap::new())];
    });
    session.prompt("Work").await;
    let calls: Vec<(String, String)> =
        (0..4).map(|n| (format!("c{n}"), format!(r#"{{"prompt":"Part {n}"}}"#))).collect();
    let calls: Vec<_> = calls.iter().map(|(id, prompt)| (id.as_str(), "task", prompt.as_str())).collect();
    session.model.asked().await.call(&calls);
    let (one, two) = (session.model.asked().await, session.model.asked().await);
    // They ask in whichever order they come to it.
    let (one, two) = if one.messages()[1] == "user: Part 0" { (one, two) } else { (two, one) };
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(session.model.is_left_alone(), "two are at work");
    // One that waits is cancelled before it begins.
    session.handle.cancel(CancelScope::ToolCall { call_id: ToolCallId::new("c3") }).await.unwrap();
    one.text("1");
    let three = session.model.asked().await;
    assert_eq!(three.messages()[1], "user: Part 2");
    two.text("2");
    three.text("3");
    let asked = session.model.asked().await;
    let messages = asked.messages();
    assert_eq!(messages[3..6], ["tool: 1", "tool: 2", "tool: 3"], "in the order of the calls: {messages:?}");
    assert!(messages[6].contains("Cancelled"), "{messages:?}");
    asked.text("Done");
    session.until("run_finished Completed").await;
}

#[tokio::test(start_paused = true)]
async fn a_skill_in_use_outlives_a_compaction() {
    let skill = tool("skill", EffectClass::Pure, |arguments: Value| async move {
        ToolOutput::text(format!("How to {}", arguments["name"].as_str().unwrap_or_default()))
    });
    let mut session = Running::with([skill], |options| {
        options.config.compaction = Some(CompactionPolicy::new(100, 60, CompactionStrategy::Truncation));
        options.config.skills.insert("mend".to_owned(), SkillProfile::new(["change"]));
    });
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "skill", r#"{"name":"mend"}"#)]);
    let exchange = session.model.asked().await;
    exchange.text("Done.");
    session.until("run_finished").await;
    session.small_talk().await;
    session.prompt("More").await;
    let exchange = in_time(session.model.asked()).await;
    let messages = exchange.messages();
    assert!(messages[1].contains("The skill `mend`, which is in use:\nHow to mend\n"), "{messages:?}");
    exchange.text("Done.");
    session.until("run_finished Completed").await;
}
