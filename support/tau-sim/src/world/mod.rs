//! A kernel and a world that does what it decides, slowly, badly, and with crashes.

mod crash;
mod hooks;
mod import;
mod journal;
mod people;
mod session;
mod start;
mod step;
mod subagent;
mod wire;
mod work;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tau_core::event::{HookPoint, SessionConfig};
use tau_core::{EffectClass, SessionId};
use tau_runtime::kernel::Input;
use tau_runtime::kernel::gate::Gate;

use crate::audit::Audit;
use crate::bugs::Bug;
use crate::config;
use crate::coverage::Coverage;
use crate::invariant::{Checked, ensure};
use crate::journal::{Mode, Stores};
use crate::kernel::Kernel;
use crate::random::Random;
use crate::script::{Op, Script, Setup};
use session::{Kin, Session, Writer};
use wire::Wire;

pub(crate) use hooks::POINTS;

/// After so many steps at the end something goes in circles.
const LONGEST_DRAIN: usize = 4_000;

/// What a tool did.
#[derive(Debug, Clone, Copy)]
struct Execution {
    effect: EffectClass,
    count: u32,
}

/// A world of sessions.
pub(crate) struct World {
    setup: Setup,
    bug: Option<Bug>,
    sessions: Vec<Session>,
    /// What the sessions say to one another.
    inbox: VecDeque<(usize, Input)>,
    /// What really happened, by idempotency key, whatever journals say.
    executions: BTreeMap<String, Execution>,
    /// Where hooks are asked or told now.
    hooked: BTreeSet<HookPoint>,
    /// Names new things.
    names: u64,
    /// Decides which of the costly checks are made.
    sampling: Random,
    /// Whether requests are encoded and compared byte by byte.
    checks_bytes: bool,
    inputs: u64,
    pub(crate) coverage: Coverage,
    trace: Option<Vec<String>>,
}

impl World {
    pub(crate) fn new(script: &Script, bug: Option<Bug>) -> Checked<Self> {
        let sampling = Random::new(script.ops.len() as u64);
        let mut world = Self {
            setup: script.setup.clone(),
            bug,
            sessions: Vec::new(),
            inbox: VecDeque::new(),
            executions: BTreeMap::new(),
            hooked: script.setup.hooked.clone(),
            names: 0,
            sampling,
            checks_bytes: script.ops.len().is_multiple_of(2),
            inputs: 0,
            coverage: Coverage::default(),
            trace: None,
        };
        let config = config::session(&script.setup);
        let at = world.add(config, Kin::Root);
        world.create(at)?;
        Ok(world)
    }

    pub(crate) fn with_trace(mut self) -> Self {
        self.trace = Some(Vec::new());
        self
    }

    pub(crate) fn take_trace(&mut self) -> Vec<String> {
        self.trace.as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub(crate) const fn inputs(&self) -> u64 {
        self.inputs
    }

    /// A session that does not exist yet.
    fn add(&mut self, config: Arc<SessionConfig>, kin: Kin) -> usize {
        let id = SessionId::from_u128(u128::from(self.name()));
        let mut stores = Stores::new(self.setup.journals, self.setup.required);
        let writer = self.writer(stores.recover(0, 1));
        if self.setup.starts_stalled && self.sessions.is_empty() {
            stores.stores.iter_mut().for_each(|store| store.mode = Mode::Stalled);
        }
        self.sessions.push(Session {
            id,
            kin,
            config,
            log: Vec::new(),
            ends: Vec::new(),
            audit: Audit::default(),
            stores,
            epoch: 1,
            writer: Some(writer),
            old: None,
            wire: Wire::default(),
            submitted: Vec::new(),
        });
        self.sessions.len() - 1
    }

    fn writer(&self, gate: Gate) -> Writer {
        Writer {
            kernel: Kernel::new(self.bug),
            state: tau_runtime::kernel::State::default(),
            gate,
            jobs: Vec::new(),
            has_reported: false,
        }
    }

    fn create(&mut self, at: usize) -> Checked {
        let config = Box::new((*self.sessions[at].config).clone());
        let is_taken = self.give(at, Input::Create(config))?;
        ensure!(is_taken, Stale, "a session is not created");
        self.set_hooks(at)?;
        self.settle()
    }

    const fn name(&mut self) -> u64 {
        self.names += 1;
        self.names
    }

    /// Performs an operation of the script.
    pub(crate) fn perform(&mut self, op: &Op) -> Checked {
        match op {
            Op::Prompt { session } => self.prompt(*session),
            Op::PromptAgain { session, which } => self.prompt_again(*session, *which),
            Op::PromptEmpty { session } => self.prompt_empty(*session),
            Op::CreateAgain { session } => self.create_again(*session),
            Op::Inject { session } => self.inject(*session),
            Op::Import { session, calls, flaw } => self.import(*session, calls, *flaw),
            Op::Describe { session } => self.describe(*session),
            Op::Reply { job, calls, usage } => self.reply(*job, calls, *usage),
            Op::Fail { job, kind } => self.fail(*job, *kind),
            Op::Shorten { job, how, usage } => self.shorten(*job, *how, *usage),
            Op::Finish { job, end, twice } => self.finish(*job, *end, *twice),
            Op::Answer { call, answer, twice } => self.answer(*call, *answer, *twice),
            Op::Decide { job, ruling, twice } => self.decide_hook(*job, *ruling, *twice),
            Op::Rehook { which } => self.rehook(*which),
            Op::Stray { session, what } => self.stray(*session, *what),
            Op::CancelCall { call } => self.cancel_call(*call),
            Op::CancelRun { session } => self.cancel_run(*session),
            Op::CancelQueued { run } => self.cancel_queued(*run),
            Op::CancelSession { session } => self.cancel_session(*session),
            Op::TimeUp { job } => self.time_up(*job),
            Op::Rewind { session, to } => self.rewind(*session, *to),
            Op::Fork { session, at } => self.fork(*session, *at),
            Op::Crash { kept } => self.crash(*kept),
            Op::TakeOver { session, kept } => self.take_over(*session, *kept),
            Op::Old { pick } => self.old_goes_on(*pick),
            Op::Journal { session, journal, op } => self.disturb(*session, *journal, *op),
        }
    }

    /// Works until nothing is left to do, and judges the end.
    pub(crate) fn drain(&mut self) -> Checked {
        for at in 0..self.sessions.len() {
            self.flow_again(at)?;
        }
        let mut rounds = 0;
        while self.work_once(rounds)? {
            rounds += 1;
            ensure!(rounds < LONGEST_DRAIN, Liveness, "it never ends");
        }
        for at in 0..self.sessions.len() {
            let session = &self.sessions[at];
            if session.writer.is_some() {
                session.audit.assert_all_finished()?;
                self.check_fold(at)?;
            }
        }
        Ok(())
    }

    fn say(&mut self, words: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(words());
        }
    }
}
