//! Waiting for a condition, with a deadline; the only place in the tests that sleeps.

use std::fmt::Debug;
use std::time::Duration;

use kube::Api;
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::{Instant, sleep, timeout_at};

const PAUSE: Duration = Duration::from_millis(50);
/// The pause grows with the wait, since many tests wait for one API server at the same time.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// The result of a condition: a `bool`, an `Option`, or a `Result` whose error is the observed state.
pub trait Answer {
    /// The result of the wait.
    type Value;

    /// The value, or the observed state (empty if there is nothing to show).
    fn settled(self) -> Result<Self::Value, String>;
}

impl Answer for bool {
    type Value = ();

    fn settled(self) -> Result<(), String> {
        if self { Ok(()) } else { Err(String::new()) }
    }
}

impl<T> Answer for Option<T> {
    type Value = T;

    fn settled(self) -> Result<T, String> {
        self.ok_or_else(String::new)
    }
}

impl<T, Seen: Debug> Answer for Result<T, Seen> {
    type Value = T;

    fn settled(self) -> Result<T, String> {
        // Pretty-printed, except for text, whose line breaks must not be escaped.
        self.map_err(|seen| {
            let text = format!("{seen:?}");
            serde_json::from_str::<String>(&text).unwrap_or_else(|_| format!("{seen:#?}"))
        })
    }
}

/// Evaluates the condition until it holds. Panics after the deadline with `what` and the last observed state.
pub async fn await_until<A: Answer>(what: &str, deadline: Duration, condition: impl AsyncFnMut() -> A) -> A::Value {
    try_await_until(what, deadline, condition).await.unwrap_or_else(|message| panic!("{message}"))
}

/// The same, for callers that add to the message.
pub async fn try_await_until<A: Answer>(
    what: &str,
    deadline: Duration,
    mut condition: impl AsyncFnMut() -> A,
) -> Result<A::Value, String> {
    let start = Instant::now();
    let end = start + deadline;
    let mut seen = String::new();
    while Instant::now() < end {
        match timeout_at(end, condition()).await.map(Answer::settled) {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(instead)) => seen = instead,
            Err(_) => seen = format!("no answer; before that: {seen}"),
        }
        sleep((start.elapsed() / 10).clamp(PAUSE, LONGEST_PAUSE)).await;
    }
    Err(format!("waited {deadline:?} in vain until {what}; last seen: {seen}"))
}

/// Asserts that something does not change: evaluates the condition repeatedly during `span`, and panics if it fails.
pub async fn consistently(what: &str, span: Duration, mut condition: impl AsyncFnMut() -> Result<(), String>) {
    let end = Instant::now() + span;
    while Instant::now() < end {
        if let Err(seen) = condition().await {
            panic!("it does not stay so that {what}; seen: {seen}");
        }
        sleep(PAUSE).await;
    }
}

/// Waits until an object satisfies the predicate, and returns it. Missing objects and failing requests (while an API
/// server restarts) are retried; the panic shows the last state of the object.
pub async fn await_object<K>(
    api: &Api<K>,
    name: &str,
    what: &str,
    deadline: Duration,
    predicate: impl Fn(&K) -> bool,
) -> K
where
    K: Clone + DeserializeOwned + Serialize + Debug,
{
    let condition = async || match api.get(name).await {
        Ok(object) if predicate(&object) => Ok(object),
        Ok(object) => Err(serde_json::to_string_pretty(&object).unwrap_or_else(|_| format!("{object:?}"))),
        Err(error) => Err(error.to_string()),
    };
    await_until(&format!("{what} ({name})"), deadline, condition).await
}

/// Waits until the object does not exist any more.
pub async fn await_gone<K>(api: &Api<K>, name: &str, deadline: Duration)
where
    K: Clone + DeserializeOwned + Serialize + Debug,
{
    let condition = async || match api.get_opt(name).await {
        Ok(None) => Ok(()),
        Ok(Some(object)) => Err(serde_json::to_string_pretty(&object).unwrap_or_else(|_| format!("{object:?}"))),
        Err(error) => Err(error.to_string()),
    };
    await_until(&format!("{name} is gone"), deadline, condition).await;
}
