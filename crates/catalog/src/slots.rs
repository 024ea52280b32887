//! Answers that are kept, each in a slot of its own.
//!
//! A question that is not answered yet is asked once, in a task of its own: who wants to know waits for a while, and
//! looks again later. So a slow source holds up no reconcile, and an answer that came late is not lost.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout_at};

use super::cache::CatalogError;
use platform::clock;

/// How long a listing, a newest version, or the absence of a model is believed.
pub(super) const BELIEVED: SignedDuration = SignedDuration::from_mins(10);
/// How long a fault is told to others before the source is asked again.
const FAULT_TOLD: SignedDuration = SignedDuration::from_secs(5);
/// How long an answer is kept that nobody asks for. Every pass asks for what it waits for, so this is what is done with.
const KEPT: SignedDuration = SignedDuration::from_mins(60);

pub(super) type Answer<T> = Result<T, CatalogError>;

/// A place for an answer, and the right to ask for it, which one task has at a time. What is known can be read meanwhile, also
/// by those who would not wait. Cheap to clone.
pub(super) struct Slot<T>(Arc<Held<T>>);

struct Held<T> {
    known: Mutex<Option<Known<T>>>,
    asking: Arc<tokio::sync::Mutex<()>>,
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Arc::new(Held { known: Mutex::default(), asking: Arc::default() }))
    }
}

impl<T> Slot<T> {
    /// Keeps an answer, in place of an older one.
    pub(super) fn keep(&self, known: Known<T>) {
        *self.0.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }

    /// What `read` makes of the answer, if there is one.
    pub(super) fn read<R>(&self, read: impl FnOnce(&Known<T>) -> Option<R>) -> Option<R> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(read)
    }
}

/// What was answered, and when it was asked.
pub(super) struct Known<T> {
    pub(super) asked: Timestamp,
    pub(super) answered: Timestamp,
    pub(super) answer: Answer<T>,
}

impl<T> Known<T> {
    /// Whether it still holds; for what may change.
    pub(super) fn believed(&self, now: Timestamp) -> bool {
        match &self.answer {
            Ok(_) | Err(CatalogError::Problem(_)) => within(BELIEVED, self.asked, now),
            // From the answer on: a call may fail only after a long time, and those who wait are to hear of it.
            Err(CatalogError::Fault(_) | CatalogError::Pending) => within(FAULT_TOLD, self.answered, now),
        }
    }
}

/// Whether less than `time` has passed.
pub(super) fn within(time: SignedDuration, since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) < time
}

/// Slots by region, model and version.
pub(super) struct Slots<T>(Mutex<Kept<T>>);

struct Kept<T> {
    slots: HashMap<[String; 3], (Timestamp, Slot<T>)>,
    swept: Timestamp,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(Mutex::new(Kept { slots: HashMap::new(), swept: Timestamp::MIN }))
    }
}

impl<T> Slots<T> {
    /// The slot of that key, which is asked for now. Those that nobody has asked for in a long time go.
    pub(super) fn slot(&self, key: [&str; 3], now: Timestamp) -> Slot<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !within(BELIEVED, kept.swept, now) {
            kept.swept = now;
            kept.slots.retain(|_, (asked_for, _)| within(KEPT, *asked_for, now));
        }
        let (asked_for, slot) = kept.slots.entry(key.map(str::to_owned)).or_insert_with(|| (now, Slot::default()));
        *asked_for = now;
        slot.clone()
    }
}

/// Answers from the slot if what it holds is `fresh`, or asks, and waits until `until` for the answer.
pub(super) async fn ask<T: Clone + Send + 'static>(
    slot: Slot<T>,
    fresh: impl Fn(&Known<T>, Timestamp) -> bool,
    until: Instant,
    question: impl Future<Output = Answer<T>> + Send + 'static,
) -> Answer<T> {
    let fresh = || slot.read(|known| fresh(known, clock::now()).then(|| known.answer.clone()));
    // One task asks; others who want to know wait until it no longer does.
    if let Ok(asking) = slot.0.asking.clone().try_lock_owned()
        && fresh().is_none()
    {
        if until <= clock::after(Duration::ZERO) {
            return Err(CatalogError::Pending);
        }
        let slot = slot.clone();
        tokio::spawn(async move {
            let asked = clock::now();
            let answer = question.await;
            slot.keep(Known { asked, answered: clock::now(), answer });
            drop(asking);
        });
    }
    match timeout_at(until, slot.0.asking.lock()).await {
        Ok(_) => fresh().unwrap_or(Err(CatalogError::Pending)),
        Err(_) => Err(CatalogError::Pending),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Reason;
    use decide::problem::Problem;
    use sagemaker::{Class, TuningError};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn what_may_change_is_believed_for_ten_minutes_and_a_fault_for_seconds() {
        let fault = TuningError { class: Class::Transient, operation: "Any", code: None, message: String::new() };
        for (answer, until) in [
            (Ok(()), 600),
            (Err(CatalogError::Problem(Problem::new(Reason::UnknownModel, String::new()))), 600),
            // Asked at 0, answered at 90.
            (Err(CatalogError::Fault(fault)), 95),
        ] {
            let known = Known { asked: at(0), answered: at(90), answer };
            assert!(known.believed(at(until - 1)), "{:?}", known.answer);
            assert!(!known.believed(at(until)), "{:?}", known.answer);
        }
    }

    #[test]
    fn what_nobody_asks_for_goes_and_what_is_asked_for_stays() {
        let slots: Slots<u8> = Slots::default();
        let count = || slots.0.lock().unwrap().slots.len();
        let ask_for = |model: &str, minute: i64| slots.slot(["region", model, "1.0.0"], at(minute * 60));
        for n in 0..1000 {
            ask_for(&n.to_string(), n / 100);
        }
        let first = ask_for("0", 30);
        assert_eq!(count(), 1000);
        // An hour after the last of the others was asked for.
        assert!(Arc::ptr_eq(&first.0, &ask_for("0", 77).0));
        assert_eq!(count(), 1);
        ask_for("new", 200);
        assert_eq!(count(), 1, "only the new one");
    }

    #[test]
    fn all_that_is_asked_for_within_an_hour_is_all_that_is_kept() {
        let slots: Slots<u8> = Slots::default();
        let most = (0..100_000).map(|second| {
            slots.slot(["region", &second.to_string(), "*"], at(second));
            slots.0.lock().unwrap().slots.len()
        });
        assert!(most.max().unwrap() <= 3600 + 600);
    }

    #[tokio::test]
    async fn a_question_is_asked_once_and_a_late_answer_is_kept() {
        let slot: Slot<u8> = Slot::default();
        let soon = clock::after(Duration::from_millis(20));
        let (answer, answered) = tokio::sync::oneshot::channel();
        let late = async move { Ok(answered.await.unwrap_or_default()) };
        assert!(matches!(ask(slot.clone(), |_, _| true, soon, late).await, Err(CatalogError::Pending)));
        let never = async { panic!("asked twice") };
        let waiting = tokio::spawn(ask(slot.clone(), |_, _| true, soon + Duration::from_secs(60), never));
        // Who does not want to wait is not held up, and told nothing.
        assert_eq!(slot.read(|known| known.answer.as_ref().ok().copied()), None);
        answer.send(7).unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), 7);
        assert_eq!(slot.read(|known| known.answer.as_ref().ok().copied()), Some(7));
    }

    #[tokio::test]
    async fn what_is_not_believed_any_more_is_asked_again() {
        let slot: Slot<u8> = Slot::default();
        let until = clock::after(Duration::from_secs(60));
        for (asked, expected) in [(clock::now(), 1), (clock::now() - BELIEVED, 2)] {
            slot.keep(Known { asked, answered: asked, answer: Ok(1) });
            let answer = ask(slot.clone(), Known::believed, until, async { Ok(2) }).await;
            assert_eq!(answer.unwrap(), expected);
        }
    }
}
