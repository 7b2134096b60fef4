//! Events of the reference, and where they are here.

use std::fmt;

use tau_core::event::HookPoint;

/// An event that hooks can be declared for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HookEvent {
    /// A session begins, is taken up, or goes on behind a compaction.
    SessionStart,
    /// A session ends.
    SessionEnd,
    /// A person's prompt is next.
    UserPromptSubmit,
    /// A call was made and has not been judged.
    PreToolUse,
    /// A person would be asked about a call.
    PermissionRequest,
    /// A call succeeded.
    PostToolUse,
    /// A call failed.
    PostToolUseFailure,
    /// Something waits for a person.
    Notification,
    /// A subagent begins.
    SubagentStart,
    /// A subagent has nothing more to do.
    SubagentStop,
    /// The model has nothing more to do.
    Stop,
    /// The history is about to be made shorter.
    PreCompact,
    /// The history was made shorter.
    PostCompact,
}

/// Whose points are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Session,
    Subagent,
}

/// Events that have no point here.
const ELSEWHERE: [&str; 18] = [
    "Setup",
    "UserPromptExpansion",
    "PermissionDenied",
    "PostToolBatch",
    "MessageDisplay",
    "TaskCreated",
    "TaskCompleted",
    "StopFailure",
    "TeammateIdle",
    "InstructionsLoaded",
    "ConfigChange",
    "CwdChanged",
    "DirectoryAdded",
    "FileChanged",
    "WorktreeCreate",
    "WorktreeRemove",
    "Elicitation",
    "ElicitationResult",
];

impl HookEvent {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::SessionStart,
        Self::SessionEnd,
        Self::UserPromptSubmit,
        Self::PreToolUse,
        Self::PermissionRequest,
        Self::PostToolUse,
        Self::PostToolUseFailure,
        Self::Notification,
        Self::SubagentStart,
        Self::SubagentStop,
        Self::Stop,
        Self::PreCompact,
        Self::PostCompact,
    ];

    /// The name in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionStart => "SessionStart",
            Self::SessionEnd => "SessionEnd",
            Self::UserPromptSubmit => "UserPromptSubmit",
            Self::PreToolUse => "PreToolUse",
            Self::PermissionRequest => "PermissionRequest",
            Self::PostToolUse => "PostToolUse",
            Self::PostToolUseFailure => "PostToolUseFailure",
            Self::Notification => "Notification",
            Self::SubagentStart => "SubagentStart",
            Self::SubagentStop => "SubagentStop",
            Self::Stop => "Stop",
            Self::PreCompact => "PreCompact",
            Self::PostCompact => "PostCompact",
        }
    }

    /// The event of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }

    /// Where it happens, in a session or in a subagent of one.
    pub(super) const fn points(self, within: Within) -> &'static [HookPoint] {
        match (self, within) {
            // A subagent has a start of its own, and nobody prompts it.
            (Self::SessionStart, Within::Session) => &[HookPoint::SessionStarted, HookPoint::AfterCompaction],
            (Self::SubagentStart, Within::Subagent) => &[HookPoint::SessionStarted],
            (Self::SessionEnd, Within::Session) => &[HookPoint::SessionStopped],
            (Self::UserPromptSubmit, Within::Session) => &[HookPoint::BeforePrompt],
            (Self::Stop, Within::Session) | (Self::SubagentStop, Within::Subagent) => {
                &[HookPoint::BeforeStop]
            }
            (Self::PreToolUse, _) => &[HookPoint::BeforeTool],
            (Self::PermissionRequest, _) => &[HookPoint::PermissionRequested],
            (Self::PostToolUse | Self::PostToolUseFailure, _) => {
                &[HookPoint::AfterTool, HookPoint::AfterSubagent]
            }
            (Self::Notification, _) => &[HookPoint::Notification],
            (Self::PreCompact, _) => &[HookPoint::BeforeCompaction],
            (Self::PostCompact, _) => &[HookPoint::AfterCompaction],
            _ => &[],
        }
    }

    /// Whether it is about a call, which matchers are compared with the tool of.
    pub(super) const fn is_of_calls(self) -> bool {
        matches!(
            self,
            Self::PreToolUse | Self::PermissionRequest | Self::PostToolUse | Self::PostToolUseFailure
        )
    }
}

impl fmt::Display for HookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether other agents have an event of this name that has no point here.
pub(super) fn is_elsewhere(name: &str) -> bool {
    ELSEWHERE.contains(&name)
}
