//! Words that are the same on both sides: enums that hold nothing but a name.

use tau_core::config::{PermissionMode, ReasoningEffort};
use tau_core::event::{BudgetLimit, DenialReason, HookPoint, HookVerdict, ModelFailureKind, ToolKind};
use tau_core::{EffectClass, Role};
use tau_proto::buffa::{EnumValue, Enumeration};
use tau_proto::runtime::v1 as pb;

use super::error::WireError;

/// A word of the kernel that the interface has too.
pub(super) trait Name: Copy {
    type Wire: Enumeration;

    /// The word; unspecified where only the kernel has it.
    fn to_wire(self) -> EnumValue<Self::Wire>;

    /// The word; `None` where it is unspecified or only a newer interface has it.
    fn of_wire(wire: EnumValue<Self::Wire>) -> Option<Self>;

    /// The word that a field must hold.
    fn read(field: &str, wire: EnumValue<Self::Wire>) -> Result<Self, WireError> {
        Self::of_wire(wire)
            .ok_or_else(|| WireError::invalid(field, "not stated, or not known to this version"))
    }

    /// The word that a field may hold: `None` where it is unspecified.
    fn read_optional(field: &str, wire: EnumValue<Self::Wire>) -> Result<Option<Self>, WireError> {
        if wire.to_i32() == 0 { Ok(None) } else { Self::read(field, wire).map(Some) }
    }
}

macro_rules! same_words {
    ($($kernel:ident { $($word:ident),* $(,)? })*) => {$(
        impl Name for $kernel {
            type Wire = pb::$kernel;

            fn to_wire(self) -> EnumValue<Self::Wire> {
                match self {
                    $(Self::$word => pb::$kernel::$word,)*
                    _ => pb::$kernel::Unspecified,
                }
                .into()
            }

            fn of_wire(wire: EnumValue<Self::Wire>) -> Option<Self> {
                match wire.as_known() {
                    $(Some(pb::$kernel::$word) => Some(Self::$word),)*
                    _ => None,
                }
            }
        }
    )*};
}

same_words! {
    BudgetLimit { Tokens, Cost, ToolCalls, WallTime }
    DenialReason { Rule, Person, NobodyToAsk, Hook }
    EffectClass { Pure, Idempotent, AtMostOnce }
    HookPoint {
        SessionStarted, SessionStopped, BeforePrompt, BeforeModel, AfterModel, BeforeTool, AfterTool,
        PermissionRequested, BeforeSubagent, AfterSubagent, BeforeStop, BeforeCompaction, AfterCompaction, Notification,
    }
    HookVerdict { Continue, Deny, Ask, Allow }
    ModelFailureKind {
        Unreachable, Unauthorized, NotFound, InvalidRequest, RateLimited, Server, Timeout, Interrupted, Protocol, Replay,
    }
    PermissionMode { Default, AcceptEdits, Plan, DontAsk, Bypass }
    ReasoningEffort { None, Minimal, Low, Medium, High }
    Role { System, User, Assistant, Tool }
    ToolKind { Run, AskUser, ProposePlan, Subagent, Skill }
}
