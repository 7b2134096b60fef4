//! Cuts a script that breaks a promise down to a short one that breaks it too.

use crate::bugs::Bug;
use crate::invariant::Violation;
use crate::script::{JobPick, Op, Pick, Script};
use crate::simulate::{Trace, simulate};

/// Simulations that a shrink may cost.
const MOST: usize = 20_000;

/// A shorter script that breaks the same promise, and how it does.
#[must_use]
pub fn shrink(script: &Script, bug: Option<Bug>, violation: &Violation) -> (Script, Violation) {
    let mut shrinker = Shrinker { best: script.clone(), violation: violation.clone(), bug, left: MOST };
    loop {
        let before = shrinker.best.clone();
        shrinker.drop_operations();
        shrinker.simplify_operations();
        shrinker.simplify_setup();
        if shrinker.best == before || shrinker.left == 0 {
            return (shrinker.best, shrinker.violation);
        }
    }
}

struct Shrinker {
    best: Script,
    violation: Violation,
    bug: Option<Bug>,
    left: usize,
}

impl Shrinker {
    /// Keeps a script when it breaks the same promise.
    fn tries(&mut self, script: Script) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let violation = simulate(&script, self.bug, Trace::Off).violation;
        let Some(violation) = violation.filter(|other| other.invariant == self.violation.invariant) else {
            return false;
        };
        (self.best, self.violation) = (script, violation);
        true
    }

    /// Half of the operations, a quarter, and so on down to one.
    fn drop_operations(&mut self) {
        let mut chunk = self.best.ops.len().div_ceil(2);
        while chunk > 0 {
            let mut at = 0;
            while at < self.best.ops.len() {
                let mut shorter = self.best.clone();
                let end = (at + chunk).min(shorter.ops.len());
                shorter.ops.drain(at..end);
                if !self.tries(shorter) {
                    at += chunk;
                }
            }
            chunk /= 2;
        }
    }

    fn simplify_operations(&mut self) {
        for at in 0..self.best.ops.len() {
            for op in simpler(&self.best.ops[at]) {
                let mut script = self.best.clone();
                script.ops[at] = op;
                self.tries(script);
            }
        }
    }

    fn simplify_setup(&mut self) {
        let changes: [fn(&mut Script); 9] = [
            |script| script.setup.max_turns = None,
            |script| script.setup.max_tokens = None,
            |script| script.setup.max_cost = None,
            |script| script.setup.max_tool_calls = None,
            |script| script.setup.timed = false,
            |script| script.setup.compaction = None,
            |script| script.setup.depth = 0,
            |script| script.setup.hooked.clear(),
            |script| (script.setup.required, script.setup.journals) = (1, 1),
        ];
        for change in changes {
            let mut script = self.best.clone();
            change(&mut script);
            if script != self.best {
                self.tries(script);
            }
        }
    }
}

/// Operations like it with less in them.
fn simpler(op: &Op) -> Vec<Op> {
    let first = JobPick { pick: Pick(0), late: false };
    let mut ops = Vec::new();
    match op {
        Op::Reply { job, calls, usage } => {
            for gone in 0..calls.len() {
                let mut calls = calls.clone();
                calls.remove(gone);
                ops.push(Op::Reply { job: *job, calls, usage: *usage });
            }
            if usage.is_some() {
                ops.push(Op::Reply { job: *job, calls: calls.clone(), usage: None });
            }
            ops.push(Op::Reply { job: first, calls: calls.clone(), usage: *usage });
        }
        Op::Finish { job, end, .. } => {
            ops.push(Op::Finish { job: *job, end: crate::script::End::Succeeds, twice: false });
            ops.push(Op::Finish { job: first, end: *end, twice: false });
        }
        Op::Answer { call, answer, .. } => {
            ops.push(Op::Answer { call: *call, answer: *answer, twice: false });
            ops.push(Op::Answer { call: first, answer: *answer, twice: false });
        }
        Op::Import { session, calls, flaw } => {
            for gone in 0..calls.len() {
                let mut calls = calls.clone();
                calls.remove(gone);
                ops.push(Op::Import { session: *session, calls, flaw: *flaw });
            }
        }
        Op::CancelQueued { .. } => ops.push(Op::CancelQueued { run: first }),
        Op::Crash { .. } => ops.push(Op::Crash { kept: Pick(0) }),
        Op::CancelRun { .. } => ops.push(Op::CancelRun { session: Pick(0) }),
        Op::CancelCall { .. } => ops.push(Op::CancelCall { call: first }),
        Op::Inject { .. } => ops.push(Op::Inject { session: Pick(0) }),
        Op::Prompt { .. } => ops.push(Op::Prompt { session: Pick(0) }),
        Op::Journal { op, .. } => {
            ops.push(Op::Journal { session: Pick(0), journal: Pick(0), op: *op });
        }
        _ => {}
    }
    ops.retain(|simpler| simpler != op);
    ops
}
