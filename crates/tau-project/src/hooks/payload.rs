//! What a hook reads: one JSON object.

use serde_json::{Map, Value, json};
use tau_core::config::PermissionMode;
use tau_core::{ContentBlock, ToolCall};
use tau_runtime::hooks::HookAsk;
use tau_runtime::kernel::{GENERAL_PURPOSE, SUBAGENT_KEY};

use super::event::HookEvent;
use super::project_hooks::HookHost;

/// What stands in every payload of one question.
#[derive(Debug)]
pub(super) struct Payload<'a> {
    pub(super) host: &'a HookHost,
    pub(super) ask: &'a HookAsk,
    pub(super) event: HookEvent,
    pub(super) is_subagent: bool,
    /// Whether a hook has kept this run from stopping.
    pub(super) was_kept: bool,
}

impl Payload<'_> {
    /// What matchers are compared with where there is no call; `None` where they do not count.
    pub(super) fn subject(&self) -> Option<&str> {
        match self.event {
            HookEvent::SessionStart => Some(self.source()),
            HookEvent::SessionEnd => Some("other"),
            HookEvent::Notification => Some(self.notification()),
            HookEvent::SubagentStart | HookEvent::SubagentStop => Some(self.agent_type()),
            HookEvent::PreCompact | HookEvent::PostCompact => Some("auto"),
            _ => None,
        }
    }

    /// The whole of it, of a call with the name and the input that the hook knows.
    pub(super) fn render(&self, call: Option<(&ToolCall, &str, &Value)>) -> Vec<u8> {
        let mut object = self.common();
        let mut set = |key: &str, value: Value| drop(object.insert(key.to_owned(), value));
        if let Some((call, name, input)) = call {
            set("tool_name", name.into());
            set("tool_input", input.clone());
            set("tool_use_id", call.id.to_string().into());
        }
        match self.event {
            HookEvent::SessionStart => {
                set("source", self.source().into());
                set("model", self.host.model.clone().into());
            }
            HookEvent::SessionEnd => set("reason", "other".into()),
            HookEvent::UserPromptSubmit => set("prompt", words(&self.ask.content).into()),
            HookEvent::PermissionRequest => set("permission_suggestions", json!([])),
            HookEvent::PostToolUse => {
                set("tool_response", self.response(call.map(|(_, name, input)| (name, input))))
            }
            HookEvent::PostToolUseFailure => {
                set("error", self.result().into());
                set("is_interrupt", false.into());
            }
            HookEvent::Notification => {
                set("message", words(&self.ask.content).into());
                set("notification_type", self.notification().into());
            }
            HookEvent::Stop | HookEvent::SubagentStop => {
                set("stop_hook_active", self.was_kept.into());
                set("last_assistant_message", words(&self.ask.content).into());
            }
            HookEvent::PreCompact | HookEvent::PostCompact => {
                set("trigger", "auto".into());
                set("custom_instructions", "".into());
            }
            _ => {}
        }
        let mut bytes = Value::Object(object).to_string().into_bytes();
        bytes.push(b'\n');
        bytes
    }

    fn common(&self) -> Map<String, Value> {
        let mut object = Map::new();
        let mut set = |key: &str, value: Value| drop(object.insert(key.to_owned(), value));
        set("session_id", self.ask.session.to_string().into());
        // There is no file of that format; many scripts take it for granted that there is the key.
        set("transcript_path", "".into());
        set("cwd", self.host.cwd.display().to_string().into());
        set("permission_mode", mode(self.host.mode).into());
        set("hook_event_name", self.event.name().into());
        if let Some(run) = self.ask.run {
            set("prompt_id", run.to_string().into());
        }
        if self.is_subagent {
            set("agent_id", self.ask.session.to_string().into());
            set("agent_type", self.agent_type().into());
        }
        object
    }

    fn agent_type(&self) -> &str {
        self.ask.metadata.get(SUBAGENT_KEY).map_or(GENERAL_PURPOSE, String::as_str)
    }

    /// How the session began. A new one has told of itself and of where hooks are wanted, and of nothing else.
    fn source(&self) -> &'static str {
        use tau_core::event::HookPoint;
        match self.ask.point {
            HookPoint::AfterCompaction => "compact",
            _ if self.ask.seq.0 <= 2 => "startup",
            _ => "resume",
        }
    }

    fn notification(&self) -> &'static str {
        match self.ask.call.as_ref().map(|call| call.name.as_str()) {
            Some("ask_user") => "elicitation_dialog",
            _ => "permission_prompt",
        }
    }

    fn result(&self) -> String {
        self.ask.result.as_ref().map(tau_core::ToolResult::text).unwrap_or_default()
    }

    /// What the tool gave. Tools of other agents give objects of their own; what scripts read of them most is here too.
    fn response(&self, call: Option<(&str, &Value)>) -> Value {
        let text = self.result();
        let mut response = json!({ "content": text });
        let Some((name, input)) = call else { return response };
        match name {
            "Bash" => {
                response["stdout"] = text.into();
                response["stderr"] = "".into();
                response["interrupted"] = false.into();
            }
            "Write" | "Edit" | "MultiEdit" => {
                response["filePath"] = input["file_path"].clone();
                response["success"] = true.into();
            }
            _ => {}
        }
        response
    }
}

fn words(content: &[ContentBlock]) -> String {
    content.iter().filter_map(ContentBlock::as_text).collect::<Vec<_>>().join("\n\n")
}

const fn mode(mode: PermissionMode) -> &'static str {
    match mode {
        PermissionMode::AcceptEdits => "acceptEdits",
        PermissionMode::Plan => "plan",
        PermissionMode::DontAsk => "dontAsk",
        PermissionMode::Bypass => "bypassPermissions",
        _ => "default",
    }
}
