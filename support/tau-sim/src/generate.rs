//! Scripts that a seed gives.

use tau_core::event::ModelFailureKind;

use crate::POINTS;
use crate::random::Random;
use crate::script::{
    Answer, CallSpec, End, Flaw, JobPick, JournalOp, Mode, Op, Pick, Ruling, Script, Setup, Shorter,
};

/// The script of a seed.
#[must_use]
pub fn generate(seed: u64) -> Script {
    let mut generator = Generator { random: Random::new(seed), is_hooked: false };
    let setup = generator.setup();
    generator.is_hooked = !setup.hooked.is_empty();
    let length = 10 + generator.random.below(90);
    let mut ops = generator.beginning();
    while (ops.len() as u64) < length {
        generator.operation(&mut ops);
    }
    Script { setup, ops }
}

struct Generator {
    random: Random,
    /// Whether there are hooks that decide.
    is_hooked: bool,
}

impl Generator {
    fn setup(&mut self) -> Setup {
        let random = &mut self.random;
        let mut limit =
            |often: u64, least: u64, below: u64| random.percent(often).then(|| least + random.below(below));
        let small = |limit: Option<u64>| limit.and_then(|limit| u32::try_from(limit).ok());
        let max_turns = small(limit(40, 0, 12));
        let max_tokens = limit(25, 0, 400);
        let max_cost = limit(15, 0, 300_000);
        let max_tool_calls = small(limit(20, 0, 9));
        let compaction = limit(45, 20, 120).map(|at| {
            let to = at / 2 + 1;
            (at, to, random.one_of(&[Shorter::Truncation, Shorter::Window, Shorter::Summary]))
        });
        let (required, journals) = random.one_of(&[(1, 1), (1, 1), (1, 1), (2, 2), (1, 2)]);
        let is_hooked = random.percent(35);
        let hooked = POINTS.into_iter().filter(|_| is_hooked && random.percent(55)).collect();
        Setup {
            mode: random.one_of(&[Mode::Default, Mode::Default, Mode::DontAsk, Mode::Bypass]),
            max_turns,
            max_tokens,
            max_cost,
            max_tool_calls,
            timed: random.percent(20),
            compaction,
            depth: u32::try_from(random.below(3)).unwrap_or_default(),
            journals,
            required,
            starts_stalled: random.percent(3),
            hooked,
        }
    }

    fn pick(&mut self) -> Pick {
        Pick(u16::try_from(self.random.below(1 << 10)).unwrap_or_default())
    }

    /// Most often the first session: there is work to be had.
    fn session(&mut self) -> Pick {
        if self.random.percent(60) { Pick(0) } else { self.pick() }
    }

    fn job(&mut self) -> JobPick {
        JobPick { pick: self.pick(), late: self.random.percent(8) }
    }

    /// The first prompt, and now and then what can only come before it.
    fn beginning(&mut self) -> Vec<Op> {
        let mut ops = Vec::new();
        if self.random.percent(12) {
            if self.random.percent(25) {
                ops.push(self.import());
            }
            ops.push(Op::Import { session: Pick(0), calls: self.imported_calls(), flaw: None });
            if self.random.percent(10) {
                ops.push(Op::Crash { kept: self.pick() });
            }
            if self.random.percent(10) {
                ops.push(Op::Rewind { session: Pick(0), to: Pick(0) });
                ops.push(self.import());
            }
        }
        ops.push(Op::Prompt { session: Pick(0) });
        ops
    }

    fn operation(&mut self, ops: &mut Vec<Op>) {
        if self.is_hooked && self.random.percent(30) {
            return ops.push(self.decide());
        }
        let op = match self.random.below(103) {
            0..6 => Op::Prompt { session: self.session() },
            6..8 => self.refused_prompt(),
            8..12 => Op::Inject { session: self.session() },
            12..36 => self.reply(),
            36..39 => Op::Fail { job: self.job(), kind: self.failure() },
            39..44 => self.shorten(),
            44..62 => self.finish(),
            62..76 => self.answer(),
            76..77 => Op::Stray { session: self.session(), what: self.pick() },
            77..79 => Op::CancelCall { call: self.job() },
            79..81 => Op::CancelRun { session: self.session() },
            81..82 if self.random.percent(30) => Op::CancelSession { session: self.session() },
            82..84 => Op::TimeUp { job: self.job() },
            84..85 => Op::Rewind { session: self.session(), to: self.pick() },
            85..86 => Op::Fork { session: self.session(), at: self.pick() },
            86 => Op::Crash { kept: self.pick() },
            87..89 => return self.tear(ops),
            89..90 => Op::TakeOver { session: self.session(), kept: self.pick() },
            90..92 => Op::Old { pick: self.pick() },
            100 if self.random.percent(50) => self.import(),
            100 => Op::Describe { session: self.session() },
            101..103 => Op::CancelQueued { run: self.job() },
            _ => return self.journal(ops),
        };
        ops.push(op);
    }

    fn decide(&mut self) -> Op {
        if self.random.percent(3) {
            return Op::Rehook { which: self.pick() };
        }
        use Ruling::{Allow, Ask, Change, Context, Deny, Nothing};
        let ruling =
            self.random.one_of(&[Nothing, Nothing, Nothing, Allow, Ask, Deny, Change, Change, Context]);
        Op::Decide { job: self.job(), ruling, twice: self.random.percent(5) }
    }

    fn refused_prompt(&mut self) -> Op {
        let session = self.session();
        match self.random.below(3) {
            0 => Op::PromptEmpty { session },
            1 => Op::CreateAgain { session },
            _ => Op::PromptAgain { session, which: self.pick() },
        }
    }

    fn import(&mut self) -> Op {
        let flaws = [
            Flaw::Empty,
            Flaw::NotAsked,
            Flaw::Instructed,
            Flaw::Blank,
            Flaw::Smuggled,
            Flaw::Unanswered,
            Flaw::Stray,
            Flaw::Repeated,
        ];
        let flaw = self.random.percent(40).then(|| self.random.one_of(&flaws));
        Op::Import { session: self.session(), calls: self.imported_calls(), flaw }
    }

    /// Ids that the model will use too, and those that the kernel will give.
    fn imported_calls(&mut self) -> Vec<&'static str> {
        let ids = ["a", "b", "call_0", "a_t1_1", "b_t1_2", "call_t1_1"];
        ids.into_iter().filter(|_| self.random.percent(30)).collect()
    }

    fn reply(&mut self) -> Op {
        let count = self.random.one_of(&[0, 0, 1, 1, 1, 2, 2, 3, 4, 5]);
        let calls = (0..count).map(|_| self.call()).collect();
        let random = &mut self.random;
        let usage = random.percent(70).then(|| (random.below(60), random.below(20)));
        Op::Reply { job: self.job(), calls, usage }
    }

    fn call(&mut self) -> CallSpec {
        let tools = [
            "look", "look", "save", "save", "change", "change", "change", "free", "free", "wary", "banned",
            "ask", "plan", "task", "task", "task", "nonsense",
        ];
        let ids = ["", "", "a", "b", "c", "call_0", "call_1", "a_t1_2", "call_t2_1"];
        CallSpec {
            tool: self.random.one_of(&tools),
            id: self.random.one_of(&ids),
            bad: self.random.percent(6),
        }
    }

    fn failure(&mut self) -> ModelFailureKind {
        use ModelFailureKind as Kind;
        self.random.one_of(&[
            Kind::Interrupted,
            Kind::Interrupted,
            Kind::Interrupted,
            Kind::Interrupted,
            Kind::Unreachable,
            Kind::Unauthorized,
            Kind::NotFound,
            Kind::InvalidRequest,
            Kind::RateLimited,
            Kind::Server,
            Kind::Timeout,
            Kind::Protocol,
            Kind::Replay,
        ])
    }

    fn shorten(&mut self) -> Op {
        let how =
            self.random.one_of(&[Shorter::Truncation, Shorter::Window, Shorter::Summary, Shorter::Nothing]);
        let usage = self.random.percent(50).then(|| self.random.below(60));
        Op::Shorten { job: self.job(), how, usage }
    }

    fn finish(&mut self) -> Op {
        let ends = [End::Succeeds, End::Succeeds, End::Succeeds, End::Fails, End::TimesOut, End::Floods];
        Op::Finish { job: self.job(), end: self.random.one_of(&ends), twice: self.random.percent(5) }
    }

    fn answer(&mut self) -> Op {
        let answers =
            [Answer::Yes, Answer::Yes, Answer::Yes, Answer::Always, Answer::No, Answer::Edit, Answer::Nobody];
        Op::Answer { call: self.job(), answer: self.random.one_of(&answers), twice: self.random.percent(5) }
    }

    /// Something happens that no journal holds when the process ends, so that its append is torn.
    fn tear(&mut self, ops: &mut Vec<Op>) {
        let session = self.session();
        for journal in 0..2 {
            ops.push(Op::Journal { session, journal: Pick(journal), op: JournalOp::Stall });
        }
        let decides = self.is_hooked && self.random.percent(40);
        ops.push(match self.random.below(11) {
            _ if decides => self.decide(),
            0..2 => self.reply(),
            2..4 => Op::Reply { job: self.job(), calls: Vec::new(), usage: None },
            4..6 => self.answer(),
            6 => self.finish(),
            7 => Op::CancelRun { session },
            8 => Op::Rewind { session, to: self.pick() },
            9 => Op::CancelQueued { run: self.job() },
            _ => Op::Fork { session, at: self.pick() },
        });
        ops.push(Op::Crash { kept: self.pick() });
    }

    /// A disturbance of a journal: what happens in it, then most often its end.
    fn journal(&mut self, ops: &mut Vec<Op>) {
        let (session, journal) = (self.session(), self.pick());
        let first = match self.random.below(10) {
            0..6 => JournalOp::Stall,
            6 => JournalOp::Full,
            7 => JournalOp::Detach,
            8 => JournalOp::Foreign,
            _ => JournalOp::Gap,
        };
        ops.push(Op::Journal { session, journal, op: first });
        for _ in 0..self.random.below(6) {
            let op = match self.random.below(12) {
                0..4 => JournalOp::Store(u16::try_from(self.random.below(6)).unwrap_or_default()),
                4..7 => JournalOp::Arrive(self.pick()),
                7 => JournalOp::Lose(self.pick()),
                8 => JournalOp::Repeat,
                9 => JournalOp::Beyond,
                _ => {
                    self.operation(ops);
                    continue;
                }
            };
            ops.push(Op::Journal { session, journal, op });
        }
        if self.random.percent(80) {
            ops.push(Op::Journal { session, journal, op: JournalOp::Flow });
        } else if self.random.percent(60) {
            ops.push(Op::Crash { kept: self.pick() });
        }
    }
}
