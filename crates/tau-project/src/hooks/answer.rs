//! What a hook said, read by the protocol of the reference.

use serde_json::{Map, Value};
use tau_core::event::HookVerdict;
use tau_runtime::hooks::HookFailure;

use super::event::HookEvent;
use super::process::Finished;

/// Exit code of a command that blocks.
const BLOCKS: i32 = 2;
/// Characters of what a hook says that are told in an error.
const TOLD: usize = 500;

/// What a hook said.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) verdict: HookVerdict,
    /// Why.
    pub(super) message: String,
    /// The arguments in place of those that it read.
    pub(super) input: Option<Value>,
    /// What the model shall read in place of what the tool gave.
    pub(super) output: Option<String>,
    /// What the model shall know.
    pub(super) context: Option<String>,
    /// `continue: false`: the run ends, and why.
    pub(super) stops: Option<String>,
    /// What the person shall know.
    pub(super) notice: Option<String>,
}

#[cfg(feature = "http")]
impl Answer {
    /// The same with words of a server, which are context wherever there is any.
    pub(super) fn with_words(mut self, event: HookEvent, words: &str) -> Self {
        self.context = Some(words.trim().to_owned());
        fitting(event, self)
    }
}

/// Reads what a command said.
pub(super) fn of_command(event: HookEvent, finished: &Finished) -> Result<Answer, HookFailure> {
    let (stdout, stderr) = (finished.stdout.text(), finished.stderr.text());
    match finished.status.code() {
        // Over whatever the output allows.
        Some(BLOCKS) => Ok(blocked(event, stderr.trim())),
        Some(0) if finished.stdout.is_cut() => Err(HookFailure::Failed("it said too much".to_owned())),
        Some(0) => of_text(event, &stdout),
        code => match json(&stdout) {
            Some(Ok(object)) if !finished.stdout.is_cut() => of_json(event, &object),
            _ => {
                let ended =
                    code.map_or_else(|| "a signal ended it".to_owned(), |code| format!("exit code {code}"));
                let said = shortened(stderr.trim());
                Err(HookFailure::Failed(if said.is_empty() { ended } else { format!("{ended}: {said}") }))
            }
        },
    }
}

/// Reads what a hook that did its work said: an object of JSON or, where that is context, any words.
pub(super) fn of_text(event: HookEvent, said: &str) -> Result<Answer, HookFailure> {
    match json(said) {
        Some(Ok(object)) => of_json(event, &object),
        Some(Err(error)) => Err(HookFailure::Failed(format!("its answer is no JSON: {error}"))),
        None => {
            let is_context = matches!(event, HookEvent::SessionStart | HookEvent::UserPromptSubmit);
            let context = Some(said.trim()).filter(|said| is_context && !said.is_empty()).map(str::to_owned);
            Ok(Answer { context, ..Answer::default() })
        }
    }
}

/// What begins as an object must be one.
fn json(said: &str) -> Option<Result<Map<String, Value>, serde_json::Error>> {
    said.trim_start().starts_with('{').then(|| serde_json::from_str(said))
}

fn shortened(said: &str) -> &str {
    said.char_indices().nth(TOLD).map_or(said, |(end, _)| &said[..end])
}

/// What exit code 2 means, whose words are on the other stream.
fn blocked(event: HookEvent, words: &str) -> Answer {
    let mut answer = Answer::default();
    let words = words.to_owned();
    match event {
        HookEvent::PreToolUse | HookEvent::UserPromptSubmit | HookEvent::Stop | HookEvent::SubagentStop => {
            (answer.verdict, answer.message) = (HookVerdict::Deny, words);
        }
        // It is done; the model reads what is wrong with it.
        HookEvent::PostToolUse | HookEvent::PostToolUseFailure => answer.context = Some(words),
        // Nothing there can be blocked.
        _ => answer.notice = Some(words),
    }
    answer.context = answer.context.filter(|words| !words.is_empty());
    answer.notice = answer.notice.filter(|words| !words.is_empty());
    answer
}

fn of_json(event: HookEvent, object: &Map<String, Value>) -> Result<Answer, HookFailure> {
    let mut answer = Answer { notice: text(object, "systemMessage")?, ..Answer::default() };
    match object.get("continue") {
        Some(Value::Bool(false)) => answer.stops = Some(text(object, "stopReason")?.unwrap_or_default()),
        None | Some(Value::Null | Value::Bool(true)) => {}
        Some(_) => return Err(HookFailure::Invalid("`continue`")),
    }
    let reason = text(object, "reason")?.unwrap_or_default();
    match text(object, "decision")?.as_deref() {
        Some("block") if matches!(event, HookEvent::PostToolUse | HookEvent::PostToolUseFailure) => {
            answer.context = Some(reason);
        }
        Some("block" | "deny") => (answer.verdict, answer.message) = (HookVerdict::Deny, reason),
        Some("approve" | "allow") if event == HookEvent::PreToolUse => {
            (answer.verdict, answer.message) = (HookVerdict::Allow, reason);
        }
        Some("approve" | "allow") | None => {}
        Some(_) => return Err(HookFailure::Invalid("`decision`")),
    }
    match object.get("hookSpecificOutput") {
        None | Some(Value::Null) => {}
        Some(Value::Object(specific)) => of_event(event, specific, &mut answer)?,
        Some(_) => return Err(HookFailure::Invalid("`hookSpecificOutput`")),
    }
    Ok(fitting(event, answer))
}

fn of_event(event: HookEvent, object: &Map<String, Value>, answer: &mut Answer) -> Result<(), HookFailure> {
    if text(object, "hookEventName")?.is_some_and(|name| name != event.name()) {
        return Err(HookFailure::Invalid("an answer to another event"));
    }
    if let Some(context) = text(object, "additionalContext")? {
        answer.context = Some(match answer.context.take() {
            Some(reason) if !reason.is_empty() => format!("{reason}\n\n{context}"),
            _ => context,
        });
    }
    match event {
        HookEvent::PreToolUse => {
            let reason = text(object, "permissionDecisionReason")?;
            let verdict = match text(object, "permissionDecision")?.as_deref() {
                None => None,
                Some("allow") => Some(HookVerdict::Allow),
                Some("deny") => Some(HookVerdict::Deny),
                // Nothing is put off here: a person is asked.
                Some("ask" | "defer") => Some(HookVerdict::Ask),
                Some(_) => return Err(HookFailure::Invalid("`permissionDecision`")),
            };
            if let Some(verdict) = verdict {
                (answer.verdict, answer.message) = (verdict, reason.unwrap_or_default());
            }
            answer.input = object.get("updatedInput").filter(|input| !input.is_null()).cloned();
        }
        HookEvent::PermissionRequest => {
            if let Some(decision) = object.get("decision") {
                let decision = decision.as_object().ok_or(HookFailure::Invalid("`decision`"))?;
                of_permission(decision, answer)?;
            }
        }
        HookEvent::PostToolUse => {
            let output = object.get("updatedToolOutput").or_else(|| object.get("updatedMCPToolOutput"));
            answer.output = output.filter(|output| !output.is_null()).map(words);
        }
        _ => {}
    }
    Ok(())
}

fn of_permission(decision: &Map<String, Value>, answer: &mut Answer) -> Result<(), HookFailure> {
    let message = text(decision, "message")?.unwrap_or_default();
    match text(decision, "behavior")?.as_deref() {
        Some("deny") => {
            if decision.get("interrupt") == Some(&Value::Bool(true)) {
                answer.stops = Some(message.clone());
            }
            (answer.verdict, answer.message) = (HookVerdict::Deny, message);
        }
        // What it allows is another call than the one that a person would be asked about.
        Some("allow") if decision.get("updatedInput").is_some_and(|input| !input.is_null()) => {
            return Err(HookFailure::Invalid("a change where a person is asked"));
        }
        Some("allow") => answer.verdict = HookVerdict::Allow,
        _ => return Err(HookFailure::Invalid("`behavior`")),
    }
    Ok(())
}

/// Without what the event has no place for.
fn fitting(event: HookEvent, mut answer: Answer) -> Answer {
    let decides = match event {
        HookEvent::PreToolUse | HookEvent::PermissionRequest => true,
        HookEvent::UserPromptSubmit | HookEvent::Stop | HookEvent::SubagentStop => {
            answer.verdict == HookVerdict::Deny
        }
        _ => false,
    };
    if !decides {
        let words = std::mem::take(&mut answer.message);
        if answer.verdict == HookVerdict::Deny && answer.notice.is_none() && !words.is_empty() {
            answer.notice = Some(words);
        }
        answer.verdict = HookVerdict::Continue;
    }
    let has_context = matches!(
        event,
        HookEvent::SessionStart
            | HookEvent::SubagentStart
            | HookEvent::UserPromptSubmit
            | HookEvent::PreToolUse
            | HookEvent::PostToolUse
            | HookEvent::PostToolUseFailure
    );
    answer.context = answer.context.filter(|context| has_context && !context.trim().is_empty());
    answer
}

fn text(object: &Map<String, Value>, key: &'static str) -> Result<Option<String>, HookFailure> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(HookFailure::Invalid(key)),
    }
}

/// Other agents' tools give objects; the model reads their text.
fn words(output: &Value) -> String {
    let parts = |value: &Value| {
        let parts = value.as_array()?.iter().map(|part| part.get("text")?.as_str().map(str::to_owned));
        parts.collect::<Option<Vec<String>>>().map(|parts| parts.join("\n"))
    };
    let inner = ["stdout", "content", "text"].into_iter().find_map(|key| output.get(key));
    let text = |value: &Value| value.as_str().map(str::to_owned).or_else(|| parts(value));
    text(output).or_else(|| inner.and_then(text)).unwrap_or_else(|| output.to_string())
}
