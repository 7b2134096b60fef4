//! One simulation, from the first operation of its script to the end of all work.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::bugs::Bug;
use crate::coverage::Coverage;
use crate::invariant::{Checked, Invariant, Violation};
use crate::script::Script;
use crate::world::World;

/// What came of a simulation.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// The promise that was broken, if one was.
    pub violation: Option<Violation>,
    /// What was met.
    pub coverage: Coverage,
    /// Inputs that kernels decided about.
    pub inputs: u64,
    /// What happened, line by line, when it was asked for.
    pub trace: Vec<String>,
}

/// Whether what happens is taken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trace {
    /// It is.
    On,
    /// It is not, for speed.
    Off,
}

/// Performs a script, with the kernel as it is or with a mistake in it.
#[must_use]
pub fn simulate(script: &Script, bug: Option<Bug>, trace: Trace) -> Outcome {
    let mut outcome = Outcome::default();
    let performed = catch_unwind(AssertUnwindSafe(|| perform(script, bug, trace, &mut outcome)));
    outcome.violation = match performed {
        Ok(checked) => checked.err(),
        Err(panic) => {
            let words = panic.downcast_ref::<String>().cloned();
            let words = words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
            Some(Violation::new(Invariant::Panic, words.unwrap_or_default()))
        }
    };
    outcome
}

fn perform(script: &Script, bug: Option<Bug>, trace: Trace, outcome: &mut Outcome) -> Checked {
    let mut world = World::new(script, bug)?;
    if trace == Trace::On {
        world = world.with_trace();
    }
    let checked = play(&mut world, script, outcome, trace);
    outcome.inputs = world.inputs();
    outcome.trace.extend(world.take_trace());
    outcome.coverage = std::mem::take(&mut world.coverage);
    checked
}

fn play(world: &mut World, script: &Script, outcome: &mut Outcome, trace: Trace) -> Checked {
    for op in &script.ops {
        if trace == Trace::On {
            outcome.trace.extend(world.take_trace());
            outcome.trace.push(op.to_string());
        }
        world.perform(op)?;
    }
    if trace == Trace::On {
        outcome.trace.extend(world.take_trace());
        outcome.trace.push("until nothing is left to do".to_owned());
    }
    world.drain()
}
