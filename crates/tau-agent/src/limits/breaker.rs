//! A circuit breaker: a server that keeps failing is left alone for a while.

use std::time::Duration;

use tokio::time::Instant;

/// Counts failures in a row, and says whether the server may be asked.
#[derive(Debug)]
pub(super) struct Breaker {
    /// So many in a row open it; 0 for never.
    most: u32,
    cooldown: Duration,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The server is asked.
    Closed { failures: u32 },
    /// It is not.
    Open { until: Instant },
    /// One request tries it; the others wait for what becomes of that.
    HalfOpen,
}

impl Breaker {
    pub(super) const fn new(most: u32, cooldown: Duration) -> Self {
        Self { most, cooldown, state: State::Closed { failures: 0 } }
    }

    /// How long the server is not asked; `None` when it may be.
    pub(super) fn refuses_for(&self, now: Instant) -> Option<Duration> {
        /// A request that tries the server says soon what became of it.
        const SOON: Duration = Duration::from_secs(1);
        match self.state {
            State::Closed { .. } => None,
            State::Open { until } => (until > now).then(|| until - now),
            State::HalfOpen => Some(SOON.min(self.cooldown)),
        }
    }

    /// Lets a request go, or says how long none may. After the cooldown one goes alone.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        if let Some(wait) = self.refuses_for(now) {
            return Err(wait);
        }
        if matches!(self.state, State::Open { .. }) {
            self.state = State::HalfOpen;
        }
        Ok(())
    }

    /// The server answered.
    pub(super) const fn succeeded(&mut self) {
        self.state = State::Closed { failures: 0 };
    }

    /// The server failed.
    pub(super) fn failed(&mut self, now: Instant) {
        /// A moment that is too far away to be told is one that does not come.
        const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);
        let until = now.checked_add(self.cooldown).unwrap_or_else(|| now + FAR);
        let open = State::Open { until };
        self.state = match self.state {
            State::Closed { failures } if self.most == 0 || failures + 1 < self.most => {
                State::Closed { failures: failures.saturating_add(1) }
            }
            State::Closed { .. } | State::HalfOpen => open,
            State::Open { .. } => self.state,
        };
    }

    /// A request was given up before anybody knew how the server does: another may try it.
    pub(super) fn abandoned(&mut self, now: Instant) {
        if self.state == State::HalfOpen {
            self.state = State::Open { until: now };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOLDOWN: Duration = Duration::from_secs(30);

    fn opened() -> (Breaker, Instant) {
        let (mut breaker, now) = (Breaker::new(3, COOLDOWN), Instant::now());
        (0..3).for_each(|_| breaker.failed(now));
        (breaker, now)
    }

    #[test]
    fn failures_in_a_row_open_it() {
        let (mut breaker, now) = (Breaker::new(3, COOLDOWN), Instant::now());
        breaker.failed(now);
        breaker.failed(now);
        breaker.succeeded();
        breaker.failed(now);
        breaker.failed(now);
        assert_eq!(breaker.admit(now), Ok(()));
        breaker.failed(now);
        assert_eq!(breaker.admit(now), Err(COOLDOWN));
        assert_eq!(breaker.admit(now + Duration::from_secs(10)), Err(Duration::from_secs(20)));
    }

    #[test]
    fn after_the_cooldown_one_request_tries() {
        let (mut breaker, now) = opened();
        let later = now + COOLDOWN;
        assert_eq!(breaker.admit(later), Ok(()));
        assert_eq!(breaker.admit(later), Err(Duration::from_secs(1)), "one alone");
        breaker.succeeded();
        assert_eq!(breaker.admit(later), Ok(()));
    }

    #[test]
    fn a_try_that_fails_opens_it_again_and_one_given_up_does_not() {
        let (mut breaker, now) = opened();
        let later = now + COOLDOWN;
        assert_eq!(breaker.admit(later), Ok(()));
        breaker.failed(later);
        assert_eq!(breaker.admit(later), Err(COOLDOWN));

        let later = later + COOLDOWN;
        assert_eq!(breaker.admit(later), Ok(()));
        breaker.abandoned(later);
        assert_eq!(breaker.admit(later), Ok(()), "the next one tries");
    }

    #[test]
    fn a_cooldown_without_end_is_one() {
        let (mut breaker, now) = (Breaker::new(1, Duration::MAX), Instant::now());
        breaker.failed(now);
        assert!(breaker.admit(now + Duration::from_secs(86_400)).is_err());
    }

    #[test]
    fn none_never_opens() {
        let (mut breaker, now) = (Breaker::new(0, COOLDOWN), Instant::now());
        (0..1_000).for_each(|_| breaker.failed(now));
        assert_eq!(breaker.admit(now), Ok(()));
    }
}
