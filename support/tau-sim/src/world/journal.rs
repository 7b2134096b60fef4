//! What journals do with the events of a session.

use tau_core::event::Seq;
use tau_runtime::kernel::gate::{PauseReason, RefusalReason, Verdict};

use super::World;
use crate::invariant::{Checked, ensure};
use crate::journal::{Mode, NAMES, position};
use crate::script::{JournalOp, Pick};

impl World {
    /// Journals that flow store what was committed, and say so.
    pub(super) fn store(&mut self, at: usize) -> Checked {
        for journal in 0..self.sessions[at].stores.stores.len() {
            let session = &mut self.sessions[at];
            let store = &mut session.stores.stores[journal];
            match store.mode {
                Mode::Flowing => {
                    store.stored = session.log.len();
                    let stored = store.stored;
                    self.ack(at, journal, stored)?;
                }
                Mode::Full => self.refuse_full(at, journal)?,
                Mode::Stalled | Mode::Detached => {}
            }
        }
        self.report_when_done(at);
        Ok(())
    }

    fn ack(&mut self, at: usize, journal: usize, held: usize) -> Checked {
        let session = &mut self.sessions[at];
        let Some(writer) = &mut session.writer else { return Ok(()) };
        let released = writer.gate.ack(NAMES[journal], position(session.epoch, held));
        let Ok(released) = released else {
            ensure!(false, Grammar, "an acknowledgement of what there is, is refused");
            return Ok(());
        };
        self.coverage.count("journal", "acked");
        self.start(at, released)
    }

    fn refuse_full(&mut self, at: usize, journal: usize) -> Checked {
        self.coverage.count("journal", "full");
        let held = self.sessions[at].stores.stores[journal].stored;
        let verdict = self.refuse(at, journal, held + 1, RefusalReason::Later(PauseReason::StorageFull))?;
        let expected = Verdict::Pause { after: Seq(held as u64), reason: PauseReason::StorageFull };
        ensure!(
            verdict.is_none_or(|verdict| verdict == expected),
            Grammar,
            "a full disk leads to {verdict:?}"
        );
        Ok(())
    }

    /// A journal refuses the events from a place on, if there are any.
    fn refuse(
        &mut self,
        at: usize,
        journal: usize,
        from: usize,
        reason: RefusalReason,
    ) -> Checked<Option<Verdict>> {
        let session = &mut self.sessions[at];
        let Some(writer) = &mut session.writer else { return Ok(None) };
        if from > session.log.len() {
            return Ok(None);
        }
        let place = position(session.epoch, from);
        let (verdict, released) = writer.kernel.refused(&mut writer.gate, NAMES[journal], place, reason);
        self.start(at, released)?;
        Ok(verdict.ok())
    }

    pub(super) fn disturb(&mut self, session: Pick, journal: Pick, op: JournalOp) -> Checked {
        let Some(at) = self.pick_open(session) else { return Ok(()) };
        let Some(journal) = journal.of(self.sessions[at].stores.stores.len()) else { return Ok(()) };
        let log = self.sessions[at].log.len();
        let store = &mut self.sessions[at].stores.stores[journal];
        match op {
            JournalOp::Stall if store.mode == Mode::Flowing => store.mode = Mode::Stalled,
            JournalOp::Full => {
                store.mode = Mode::Full;
                self.refuse_full(at, journal)?;
            }
            JournalOp::Detach => {
                store.mode = Mode::Detached;
                store.on_their_way.clear();
                self.coverage.count("journal", "detached");
            }
            JournalOp::Store(events) if store.mode == Mode::Stalled => {
                store.stored = log.min(store.stored + usize::from(events));
                store.on_their_way.push(store.stored);
            }
            JournalOp::Arrive(pick) => {
                let Some(which) = pick.of(store.on_their_way.len()) else { return Ok(()) };
                if which > 0 {
                    self.coverage.count("journal", "reordered");
                }
                let held = store.on_their_way.remove(which);
                self.ack(at, journal, held)?;
            }
            JournalOp::Lose(pick) => {
                let Some(which) = pick.of(store.on_their_way.len()) else { return Ok(()) };
                store.on_their_way.remove(which);
                self.coverage.count("journal", "lost");
            }
            JournalOp::Repeat => {
                let held = store.stored / 2;
                self.ack(at, journal, held)?;
            }
            JournalOp::Foreign => self.foreign(at, journal)?,
            JournalOp::Beyond => self.beyond(at, journal)?,
            JournalOp::Gap => {
                let held = store.stored;
                self.coverage.count("journal", "gap");
                let reason = RefusalReason::Gap { held: Seq(held as u64) };
                let verdict = self.refuse(at, journal, held + 1, reason)?;
                let expected = Verdict::Resend { after: Seq(held as u64) };
                ensure!(
                    verdict.is_none_or(|verdict| verdict == expected),
                    Grammar,
                    "a gap leads to {verdict:?}"
                );
            }
            JournalOp::Flow => {
                store.mode = Mode::Flowing;
                self.store(at)?;
            }
            _ => {}
        }
        self.settle()
    }

    /// An acknowledgement of another writer's events lets nothing go.
    fn foreign(&mut self, at: usize, journal: usize) -> Checked {
        let session = &mut self.sessions[at];
        let Some(writer) = &mut session.writer else { return Ok(()) };
        self.coverage.count("journal", "foreign epoch");
        let place = position(session.epoch + 7, session.log.len());
        let released = writer.gate.ack(NAMES[journal], place);
        ensure!(
            released.is_ok_and(|released| released.is_empty()),
            CommitBeforeEffect,
            "another writer's events let effects go"
        );
        Ok(())
    }

    fn beyond(&mut self, at: usize, journal: usize) -> Checked {
        let session = &mut self.sessions[at];
        let Some(writer) = &mut session.writer else { return Ok(()) };
        self.coverage.count("journal", "beyond");
        let place = position(session.epoch, session.log.len() + 1);
        let released = writer.gate.ack(NAMES[journal], place);
        ensure!(released.is_err(), CommitBeforeEffect, "events that there are not let effects go");
        Ok(())
    }

    /// All journals of a session are well again.
    pub(super) fn flow_again(&mut self, at: usize) -> Checked {
        for store in &mut self.sessions[at].stores.stores {
            store.mode = Mode::Flowing;
        }
        self.store(at)?;
        self.settle()
    }
}
