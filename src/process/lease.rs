//! Decides who leads, from the Lease as it was read. No I/O and no wall clock: a time is a [`Duration`] since the
//! process started, so that a wrong clock, or one that is adjusted, does not matter.
//!
//! Why two processes never act at once: a holder acts until [`RENEW_DEADLINE`] after it *sent* its last successful
//! renewal. Another process takes the lease only if it has not seen it change for [`LEASE_DURATION`], which is longer,
//! counted from when it *saw* the last change. And each write names the resource version that was read, so that of two
//! concurrent writes one fails.

use std::time::Duration;

/// How long a lease that does not change belongs to its holder.
pub(super) const LEASE_DURATION: Duration = Duration::from_secs(15);
/// How long after its last successful renewal a holder may act.
pub(super) const RENEW_DEADLINE: Duration = Duration::from_secs(10);
/// How often a holder renews. This, [`REQUEST_TIMEOUT`] and [`RETRY_RENEWAL`] must fit into the deadline.
pub(super) const RENEW_INTERVAL: Duration = Duration::from_secs(3);
/// Timeout of reading and writing a Lease: an API server that answers more slowly counts as down.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a standby reads it, and therefore how soon it sees a released Lease.
pub(super) const RETRY_PERIOD: Duration = Duration::from_secs(2);
/// How soon a holder retries a renewal that failed.
pub(super) const RETRY_RENEWAL: Duration = Duration::from_secs(1);

/// The fields of a Lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The resource version of the object.
    pub(super) version: String,
    /// The holder; empty after a release.
    pub(super) holder: String,
    /// Counts the changes of holder (`leaseTransitions`), so that even a change to the same identity is visible.
    pub(super) term: i32,
    /// How long other candidates must wait (`leaseDurationSeconds`).
    pub(super) duration: Duration,
}

/// A record, and when it was first seen in this form.
#[derive(Clone, Debug)]
pub(super) struct SeenLease {
    pub(super) record: Record,
    since: Duration,
}

impl SeenLease {
    /// Records `record`, read at `now`; keeps the time of `before` if nothing has changed.
    pub(super) fn of(record: Record, before: Option<&Self>, now: Duration) -> Self {
        let since = before.filter(|before| before.record == record).map_or(now, |before| before.since);
        Self { record, since }
    }
}

/// The lease that we hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) term: i32,
    /// When the last successful renewal was sent.
    pub(super) renewed: Duration,
}

impl Held {
    /// Until when its holder may act.
    pub(super) fn until(self) -> Duration {
        self.renewed + RENEW_DEADLINE
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Acquire it with this term.
    Acquire(i32),
    /// Renew it.
    Renew,
    /// Read it again after this time, or sooner.
    Wait(Duration),
    /// It is lost: this process must not act any more.
    Lost(String),
}

/// What to do about the lease as it was `seen` (`None`: there is none), for the process `me`, which holds it since
/// `held`, or does not.
pub(super) fn decide(seen: Option<&SeenLease>, me: &str, held: Option<Held>, now: Duration) -> Step {
    // A term is never negative, so it wraps around to 0.
    let acquire = |record: &Record| Step::Acquire(record.term.checked_add(1).unwrap_or_default());
    match (seen, held) {
        (_, Some(held)) if held.until() <= now => {
            Step::Lost(format!("it could not be renewed for {} s", RENEW_DEADLINE.as_secs()))
        }
        (None, Some(_)) => Step::Lost("the lease was deleted".to_owned()),
        (Some(SeenLease { record, .. }), Some(held)) if record.holder == me && record.term == held.term => Step::Renew,
        (Some(SeenLease { record, .. }), Some(_)) if record.holder.is_empty() => {
            Step::Lost("the lease was released in our name".to_owned())
        }
        (Some(SeenLease { record, .. }), Some(_)) => Step::Lost(format!("{} holds the lease now", record.holder)),
        (None, None) => Step::Acquire(0),
        // It is ours: a response was lost, or the container restarted in the same Pod, where it is the only one.
        (Some(SeenLease { record, .. }), None) if record.holder.is_empty() || record.holder == me => acquire(record),
        (Some(SeenLease { record, since }), None) => {
            // A holder that asks for more time than we would take gets it; it may be of another version.
            match (*since + record.duration.max(LEASE_DURATION)).checked_sub(now) {
                Some(left) if !left.is_zero() => Step::Wait(left),
                _ => acquire(record),
            }
        }
    }
}

#[cfg(test)]
mod tests;
