//! Which messages came already.

use std::collections::{BTreeMap, BTreeSet};

use super::store::Stored;
use crate::hub::name::{HubId, MessageId};

/// Who waits to hear that a message was dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::hub) enum Target {
    /// The outbox of this hub.
    Here,
    /// The outbox of another hub.
    There(HubId),
}

/// What is known of a message that comes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    New,
    /// It is in a mailbox or with a handler.
    UnderWay,
    /// A handler dealt with it, or its sender gave it up.
    Handled,
}

#[derive(Debug)]
pub(super) struct Inbox {
    origins: BTreeMap<HubId, Origin>,
    most: usize,
    /// Counts arrivals, to tell who was silent longest.
    clock: u64,
}

/// What came of one hub.
#[derive(Debug, Default)]
struct Origin {
    /// Everything below is settled, and will not be sent for a reason.
    settled: u64,
    handled: BTreeSet<u64>,
    under_way: BTreeMap<u64, Target>,
    heard: u64,
}

impl Inbox {
    pub(super) fn new(most: usize) -> Self {
        Self { origins: BTreeMap::new(), most, clock: 0 }
    }

    /// Takes all that is stored, for nothing in it says who was silent longest. What is too much goes when the next new origin
    /// is heard of, and those that were heard by then stay.
    pub(super) fn restore(&mut self, stored: &Stored) {
        for (origin, settled) in &stored.settled {
            self.origins.entry(HubId(*origin)).or_default().settled = *settled;
        }
        for id in &stored.handled {
            self.origins.entry(id.origin).or_default().handled.insert(id.number);
        }
    }

    /// A message came. One that is new is under way from here on.
    pub(super) fn begin(&mut self, id: MessageId, settled: u64, from: Target) -> Known {
        self.clock += 1;
        let is_new_origin = !self.origins.contains_key(&id.origin);
        let origin = self.origins.entry(id.origin).or_default();
        origin.heard = self.clock;
        if settled > origin.settled {
            origin.settled = settled;
            origin.handled = origin.handled.split_off(&settled);
        }
        let known = if let Some(target) = origin.under_way.get_mut(&id.number) {
            // Whoever sent it last hears of it: a hub that started again has another id.
            *target = from;
            Known::UnderWay
        } else if id.number < origin.settled || origin.handled.contains(&id.number) {
            Known::Handled
        } else {
            origin.under_way.insert(id.number, from);
            Known::New
        };
        if is_new_origin {
            self.forget_the_silent();
        }
        known
    }

    /// A handler is done with it. Who waits to hear of that?
    pub(super) fn handled(&mut self, id: MessageId) -> Target {
        let Some(origin) = self.origins.get_mut(&id.origin) else { return Target::Here };
        if id.number >= origin.settled {
            origin.handled.insert(id.number);
        }
        origin.under_way.remove(&id.number).unwrap_or(Target::Here)
    }

    /// No handler had it. It may come again.
    pub(super) fn forget(&mut self, id: MessageId) {
        if let Some(origin) = self.origins.get_mut(&id.origin) {
            origin.under_way.remove(&id.number);
        }
    }

    fn forget_the_silent(&mut self) {
        let Some(too_many) = self.origins.len().checked_sub(self.most).filter(|count| *count > 0) else {
            return;
        };
        let idle = self.origins.iter().filter(|(_, origin)| origin.under_way.is_empty());
        let mut idle: Vec<(u64, HubId)> = idle.map(|(id, origin)| (origin.heard, *id)).collect();
        idle.sort_unstable();
        for (_, silent) in idle.into_iter().take(too_many) {
            self.origins.remove(&silent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HubId, Inbox, Known, MessageId, Stored, Target};

    fn id(origin: u64, number: u64) -> MessageId {
        MessageId { origin: HubId(origin), number }
    }

    #[test]
    fn a_message_is_new_until_a_handler_had_it() {
        let mut inbox = Inbox::new(9);
        let (one, two) = (Target::There(HubId(1)), Target::There(HubId(2)));
        assert_eq!(inbox.begin(id(1, 5), 5, one), Known::New);
        assert_eq!(inbox.begin(id(1, 5), 5, two), Known::UnderWay);
        inbox.forget(id(1, 5));
        assert_eq!(inbox.begin(id(1, 5), 5, one), Known::New);
        assert_eq!(inbox.begin(id(1, 5), 5, two), Known::UnderWay);
        assert_eq!(inbox.handled(id(1, 5)), two, "whoever sent it last hears of it");
        assert_eq!(inbox.begin(id(1, 5), 5, one), Known::Handled);
        assert_eq!(inbox.begin(id(2, 5), 5, one), Known::New, "another origin counts by itself");
    }

    #[test]
    fn what_is_settled_is_not_remembered_and_stays_handled() {
        let mut inbox = Inbox::new(9);
        for number in 1..=100 {
            assert_eq!(inbox.begin(id(1, number), number, Target::Here), Known::New);
            inbox.handled(id(1, number));
        }
        assert_eq!(inbox.origins[&HubId(1)].handled.len(), 1);
        assert_eq!(inbox.begin(id(1, 7), 7, Target::Here), Known::Handled, "a late copy");
    }

    #[test]
    fn of_too_many_origins_the_silent_is_forgotten_and_none_that_is_under_way() {
        let mut inbox = Inbox::new(2);
        inbox.begin(id(1, 1), 1, Target::Here);
        for origin in [2, 3] {
            inbox.begin(id(origin, 1), 1, Target::Here);
            inbox.handled(id(origin, 1));
        }
        inbox.begin(id(4, 1), 1, Target::Here);
        let left: Vec<u64> = inbox.origins.keys().map(|origin| origin.0).collect();
        assert_eq!(left, [1, 4], "3 was let go when 4 came, 2 when 3 did");
    }

    #[test]
    fn of_what_was_stored_no_more_is_remembered_than_of_what_comes() {
        let mut inbox = Inbox::new(3);
        let stored = Stored {
            handled: (1..=9).map(|origin| id(origin, 5)).collect(),
            settled: (1..=9).map(|origin| (origin, 5)).collect(),
            ..Stored::default()
        };
        inbox.restore(&stored);
        assert_eq!(inbox.begin(id(2, 5), 5, Target::Here), Known::Handled);
        assert_eq!(inbox.begin(id(7, 6), 5, Target::Here), Known::New);
        inbox.handled(id(7, 6));
        inbox.begin(id(20, 1), 1, Target::Here);
        let left: Vec<u64> = inbox.origins.keys().map(|origin| origin.0).collect();
        assert_eq!(left, [2, 7, 20], "those that were heard stay");
    }
}
