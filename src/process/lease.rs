//! Decides who leads, from the Lease as it was read. No I/O and no clock: a time is a [`Duration`] since the process
//! started, so that neither a wrong clock nor one that is set matters.
//!
//! Why there are never two that act: a holder acts until [`DEADLINE`] after it *sent* its last good renewal. Another takes
//! the lease only when it has not seen it change for [`DURATION`], which is longer, counted from when it *saw* the last
//! change. And each write names the version that was read, so that of two writes one fails.

use std::time::Duration;

/// How long a lease that does not change is left to its holder.
pub(super) const DURATION: Duration = Duration::from_secs(15);
/// How long after its last renewal a holder may act.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);
/// How often a holder renews.
pub(super) const RENEW: Duration = Duration::from_secs(5);
/// How often a standby reads it, and so how soon it sees a released Lease.
pub(super) const RETRY: Duration = Duration::from_secs(2);
/// How soon a holder tries again after a renewal that failed.
pub(super) const RETRY_RENEWAL: Duration = Duration::from_secs(1);

/// The fields of a Lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The version of the object.
    pub(super) version: String,
    /// The holder; empty after a release.
    pub(super) holder: String,
    /// Counts the changes of holder, so that even a change to the same identity is visible.
    pub(super) term: i32,
    /// How long other candidates must wait.
    pub(super) duration: Duration,
}

/// A record, and when it was first seen to be like this.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) record: Record,
    since: Duration,
}

impl Sighting {
    /// `record` is what was read last, at `now`.
    pub(super) fn of(record: Record, before: Option<&Self>, now: Duration) -> Self {
        let since = before.filter(|before| before.record == record).map_or(now, |before| before.since);
        Self { record, since }
    }
}

/// The lease that we hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) term: i32,
    /// When the last good renewal was sent.
    pub(super) renewed: Duration,
}

impl Held {
    /// Until when its holder may act.
    pub(super) fn until(self) -> Duration {
        self.renewed + DEADLINE
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Acquire it with this term.
    Acquire(i32),
    /// Renew it.
    Renew,
    /// Look again after this time, or sooner.
    Wait(Duration),
    /// It is lost: this process must not act any more.
    Lost(String),
}

/// What to do about a lease, as it was `seen` (`None`: there is none), for `me`, who holds it since `held` or does not.
pub(super) fn decide(seen: Option<&Sighting>, me: &str, held: Option<Held>, now: Duration) -> Step {
    // A term is never negative.
    let acquire = |record: &Record| Step::Acquire(record.term.checked_add(1).unwrap_or_default());
    match (seen, held) {
        (_, Some(held)) if held.until() <= now => {
            Step::Lost(format!("it could not be renewed for {} s", DEADLINE.as_secs()))
        }
        (None, Some(_)) => Step::Lost("the lease was deleted".to_owned()),
        (Some(Sighting { record, .. }), Some(held)) if record.holder == me && record.term == held.term => Step::Renew,
        (Some(Sighting { record, .. }), Some(_)) if record.holder.is_empty() => {
            Step::Lost("the lease was given back in our name".to_owned())
        }
        (Some(Sighting { record, .. }), Some(_)) => Step::Lost(format!("the lease is {}'s now", record.holder)),
        (None, None) => Step::Acquire(0),
        // Ours: an answer was lost, or the container started again in the same Pod, where it is the only one.
        (Some(Sighting { record, .. }), None) if record.holder.is_empty() || record.holder == me => acquire(record),
        (Some(Sighting { record, since }), None) => {
            // A holder that asks for more time than we would give is left it; it may be of another version.
            match (*since + record.duration.max(DURATION)).checked_sub(now) {
                Some(left) if !left.is_zero() => Step::Wait(left),
                _ => acquire(record),
            }
        }
    }
}

#[cfg(test)]
mod tests;
