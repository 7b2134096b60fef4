//! What a simulation met, because it proves nothing about what it never meets.

use std::collections::BTreeMap;

use tau_core::event::EventBody;

/// How often each thing was met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<(&'static str, &'static str), u64>);

impl Coverage {
    pub(crate) fn count(&mut self, group: &'static str, name: &'static str) {
        *self.0.entry((group, name)).or_default() += 1;
    }

    /// Adds what another simulation met.
    pub fn add(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            *self.0.entry(*name).or_default() += count;
        }
    }

    /// Group, name and count, in their order; also what is expected and was never met.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, &'static str, u64)> {
        let mut rows = self.0.clone();
        for name in expected() {
            rows.entry(name).or_default();
        }
        rows.into_iter().map(|((group, name), count)| (group, name, count)).collect()
    }

    /// What is expected and was never met.
    #[must_use]
    pub fn missing(&self) -> Vec<(&'static str, &'static str)> {
        self.rows().into_iter().filter(|row| row.2 == 0).map(|row| (row.0, row.1)).collect()
    }
}

/// All that a long simulation must meet.
fn expected() -> impl Iterator<Item = (&'static str, &'static str)> {
    let groups: [(&str, &[&str]); 10] = [
        ("ruling", &["nothing", "allow", "ask", "deny", "change", "context"]),
        ("event", &EventBody::KINDS),
        ("crash after", &EventBody::KINDS),
        (
            "effect",
            &[
                "call_model",
                "stop_model",
                "compact",
                "set_timer",
                "run_tool",
                "start_subagent",
                "stop_subagent",
                "stop_tool",
                "ask_hooks",
                "stop_hooks",
                "tell_hooks",
            ],
        ),
        (
            "rejection",
            &[
                "not_open",
                "already_created",
                "already_begun",
                "invalid_conversation",
                "duplicate_run",
                "invalid_content",
                "not_waiting",
                "no_such_place",
                "nothing_to_cancel",
                "stale",
            ],
        ),
        (
            "run outcome",
            &[
                "completed",
                "turn_limit",
                "tokens",
                "cost",
                "tool_calls",
                "wall_time",
                "cancelled",
                "failed",
                "denied",
            ],
        ),
        (
            "tool outcome",
            &[
                "succeeded",
                "failed",
                "denied by rule",
                "denied by person",
                "denied by nobody",
                "denied by hook",
                "timed_out",
                "cancelled",
                "unknown",
            ],
        ),
        ("crash", &["all kept", "between appends", "inside an append", "nothing kept", "work under way"]),
        (
            "journal",
            &[
                "acked",
                "lost",
                "reordered",
                "foreign epoch",
                "beyond",
                "full",
                "gap",
                "detached",
                "taken over",
                "fenced",
            ],
        ),
        (
            "session",
            &[
                "forked",
                "rewound",
                "depth 1",
                "depth 2",
                "subagent taken up",
                "stopped again",
                "queued run cancelled",
                "compacted",
                "plan kept",
            ],
        ),
    ];
    groups.into_iter().flat_map(|(group, names)| names.iter().map(move |name| (group, *name)))
}
