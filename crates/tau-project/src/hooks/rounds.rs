//! All handlers of an event, asked at once, and what they decide together.

use std::sync::Arc;

use futures::stream::{self, StreamExt};
use serde_json::Value;
use tau_core::event::{HookChange, HookDecision, HookVerdict};
use tau_core::{ContentBlock, ToolCall, ToolResultBlock};
use tau_runtime::hooks::{FailurePolicy, HookAsk, HookFailure};
use tau_runtime::kernel::SUBAGENT_KEY;
use tau_tools::{OutputBounds, bound_text};

use super::answer::Answer;
use super::declare::HookDeclaration;
use super::event::HookEvent;
use super::payload::Payload;
use super::project_hooks::Inner;
use super::{condition, inputs, names};

/// Handlers that are asked at the same time. More wait: each is a process.
const AT_ONCE: usize = 32;
/// Bytes of context that one answer adds, and that all of a point do.
const CONTEXT: usize = 10_000;
const CONTEXTS: usize = 60_000;
/// What stands for what is more.
const MORE: &str = "Hooks say more, which is left out.";

/// A handler with what it is asked.
struct Question<'a> {
    declaration: &'a HookDeclaration,
    /// The name that it knows the tool by.
    name: Option<&'a str>,
    /// One for each thing that it is asked about.
    payloads: Vec<Vec<u8>>,
}

/// What the handlers of an event decide together.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) verdict: HookVerdict,
    pub(super) messages: Vec<String>,
    pub(super) change: Option<HookChange>,
    pub(super) context: Vec<String>,
    pub(super) stops: Option<String>,
}

impl Outcome {
    fn add(&mut self, event: HookEvent, answer: Answer) {
        if answer.verdict > self.verdict {
            self.messages.clear();
        }
        // A handler may say the same of each part of a call.
        let is_new = !answer.message.trim().is_empty() && !self.messages.contains(&answer.message);
        if answer.verdict >= self.verdict && is_new {
            self.messages.push(answer.message);
        }
        self.verdict = self.verdict.max(answer.verdict);
        if let Some(context) = answer.context {
            let mut bounds = OutputBounds::default();
            (bounds.head, bounds.tail) = (CONTEXT * 2 / 3, CONTEXT / 3);
            let context = bound_text(context, bounds);
            self.add_context(format!("A hook ({event}) says:\n{context}"));
        }
        self.stops = self.stops.take().or(answer.stops);
    }

    fn add_context(&mut self, context: String) {
        let used: usize = self.context.iter().map(String::len).sum();
        let context = if used + context.len() > CONTEXTS { MORE.to_owned() } else { context };
        if !self.context.contains(&context) {
            self.context.push(context);
        }
    }

    /// Adds what another event of the same point came to.
    pub(super) fn join(&mut self, other: Self) {
        if other.verdict > self.verdict {
            self.messages.clear();
        }
        if other.verdict >= self.verdict {
            self.messages.extend(other.messages);
        }
        self.verdict = self.verdict.max(other.verdict);
        self.change = other.change.or(self.change.take());
        other.context.into_iter().for_each(|context| self.add_context(context));
        self.stops = self.stops.take().or(other.stops);
    }

    pub(super) fn into_decision(self) -> HookDecision {
        let mut decision = HookDecision::new(self.verdict, self.messages.join("\n"));
        decision.change = self.change;
        decision.with_context(self.context.into_iter().map(ContentBlock::text))
    }
}

impl Inner {
    /// Asks all handlers of an event: first those that are no guards, then the guards, about what the others made of it.
    pub(super) async fn ask_event(self: &Arc<Self>, payload: &Payload<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        let mut ask = payload.ask.clone();
        for policy in [FailurePolicy::Continue, FailurePolicy::Block] {
            if outcome.verdict == HookVerdict::Deny {
                break;
            }
            let payload = Payload { ask: &ask, ..*payload };
            let questions = self.questions(&payload, policy);
            let asked: Vec<_> =
                questions.iter().map(|question| self.ask_one(payload.event, question)).collect();
            let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
            let mut input = None;
            let each = questions.iter().zip(answers);
            for (question, answer) in
                each.flat_map(|(question, given)| given.into_iter().map(move |it| (question, it)))
            {
                if let Some(given) = &answer.input {
                    input = Some((question.name.map(str::to_owned), given.clone()));
                }
                if let Some(text) = &answer.output {
                    outcome.change = Some(with_text(&ask, text));
                }
                outcome.add(payload.event, answer);
            }
            if let Some((name, input)) = input {
                self.change_call(&mut ask, name.as_deref(), &input, &mut outcome);
            }
        }
        outcome
    }

    /// Makes the call into what a handler wants it to be.
    fn change_call(&self, ask: &mut HookAsk, name: Option<&str>, input: &Value, outcome: &mut Outcome) {
        let Some(call) = &mut ask.call else { return };
        let Some(arguments) = inputs::to_arguments(call, name.unwrap_or_default(), input) else { return };
        call.arguments = arguments.clone();
        outcome.change = Some(HookChange::Arguments { arguments });
    }

    fn questions<'a>(&'a self, payload: &Payload<'a>, policy: FailurePolicy) -> Vec<Question<'a>> {
        let mut questions: Vec<Question<'a>> = Vec::new();
        let kind = payload.ask.metadata.get(SUBAGENT_KEY);
        let is_for =
            |agent: &Option<String>| agent.is_none() || (payload.is_subagent && agent.as_ref() == kind);
        let declared = self.declarations.iter();
        let declared = declared.filter(|it| it.event == payload.event && is_for(&it.agent));
        for declaration in declared.filter(|declared| declared.on_failure == policy) {
            if questions.iter().any(|known| known.declaration.handler == declaration.handler) {
                continue;
            }
            let question = match &payload.ask.call {
                Some(call) if payload.event.is_of_calls() => self.about_call(declaration, call, payload),
                _ => about_event(declaration, payload),
            };
            questions.extend(question);
        }
        questions
    }

    fn about_call<'a>(
        &'a self,
        declaration: &'a HookDeclaration,
        call: &'a ToolCall,
        payload: &Payload<'a>,
    ) -> Option<Question<'a>> {
        let arguments = call.arguments.value().unwrap_or_default();
        let known = names::of_tool(&call.name, arguments.get("action").and_then(Value::as_str));
        let matched = declaration.matcher.find(&known)?;
        let host = &self.host;
        let holds = |rule: &String| condition::holds(rule, call, &host.root, &host.cwd, &host.home);
        if !declaration.condition.as_ref().is_none_or(holds) {
            return None;
        }
        let name = names::told(&known, matched);
        let inputs = inputs::of_call(call, name, &host.cwd);
        let payloads = inputs.iter().map(|input| payload.render(Some((call, name, input)))).collect();
        Some(Question { declaration, name: Some(name), payloads })
    }

    /// Its answers, one for each part.
    async fn ask_one(self: &Arc<Self>, event: HookEvent, question: &Question<'_>) -> Vec<Answer> {
        if question.payloads.len() > inputs::MOST {
            return vec![Answer {
                verdict: if event == HookEvent::PreToolUse {
                    HookVerdict::Deny
                } else {
                    HookVerdict::Continue
                },
                message: "It changes more at once than hooks can be asked about; do it in several calls."
                    .to_owned(),
                ..Answer::default()
            }];
        }
        let payloads = question.payloads.iter();
        let asked: Vec<_> =
            payloads.map(|payload| self.ask_handler(question.declaration, payload.clone())).collect();
        let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        let is_one = answers.len() == 1;
        let answers = answers.into_iter().map(|answer| {
            let answer = answer.and_then(|answer| match (&answer.input, &answer.output) {
                (None, None) => Ok(answer),
                _ if is_one => Ok(answer),
                _ => Err(HookFailure::Invalid("a change of a part of a call")),
            });
            answer.unwrap_or_else(|failure| self.failed(question.declaration, &failure))
        });
        let answers: Vec<Answer> = answers.collect();
        let mut told: Vec<&str> = Vec::new();
        for text in answers.iter().filter_map(|answer| answer.notice.as_deref()) {
            if !told.contains(&text) {
                self.tell(question.declaration, text);
                told.push(text);
            }
        }
        answers
    }

    /// What a handler that did not answer counts for.
    fn failed(&self, declaration: &HookDeclaration, failure: &HookFailure) -> Answer {
        let shown = declaration.shown();
        self.tell(declaration, &failure.to_string());
        if declaration.on_failure == FailurePolicy::Continue || !can_block(declaration.event) {
            return Answer::default();
        }
        let message = format!("The hook `{shown}` guards this, and {failure}.");
        Answer { verdict: HookVerdict::Deny, message, ..Answer::default() }
    }
}

fn about_event<'a>(declaration: &'a HookDeclaration, payload: &Payload<'a>) -> Option<Question<'a>> {
    if let Some(subject) = payload.subject() {
        declaration.matcher.find(&[subject])?;
    }
    Some(Question { declaration, name: None, payloads: vec![payload.render(None)] })
}

const fn can_block(event: HookEvent) -> bool {
    matches!(
        event,
        HookEvent::PreToolUse
            | HookEvent::PermissionRequest
            | HookEvent::PostToolUse
            | HookEvent::PostToolUseFailure
            | HookEvent::UserPromptSubmit
            | HookEvent::Stop
            | HookEvent::SubagentStop
    )
}

fn with_text(ask: &HookAsk, text: &str) -> HookChange {
    let is_error = ask.result.as_ref().is_some_and(|result| result.is_error);
    HookChange::Result { content: vec![ToolResultBlock::text(text)], is_error }
}
