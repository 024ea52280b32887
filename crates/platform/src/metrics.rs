//! The metrics in `/metrics`. The first group has the names that controller-runtime uses, so that existing dashboards
//! and alerts work; the second group is our own. All labels have closed sets of values. `docs/reference/metrics.md` is
//! generated from this file.

mod events;

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

use parking_lot::Mutex;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::clock;
use events::EventMetrics;

const CONTROLLER: &str = "modelselection";

/// The metrics of the process.
pub struct Metrics {
    registry: Registry,
    reconciles: Family<ReconcileLabels, Counter>,
    reconcile_errors: Family<ControllerLabels, Counter>,
    reconcile_seconds: Family<ControllerLabels, Histogram>,
    busy_seconds: Histogram,
    active_workers: Family<ControllerLabels, Gauge>,
    max_workers: Family<ControllerLabels, Gauge>,
    calls: Family<CallLabels, Counter>,
    call_seconds: Family<OperationLabels, Histogram>,
    rates: Family<OperationLabels, Gauge<f64, AtomicU64>>,
    status_writes: Counter,
    observation_age: Family<RegionLabels, Gauge<f64, AtomicU64>>,
    runs: Family<RunLabels, Gauge>,
    selections: Family<ConditionLabels, Gauge>,
    counting: OnceLock<Counting>,
    /// Held by the scrape that is counting: of two concurrent scrapes, one would write what the other has just cleared.
    scraping: Mutex<()>,
    leader: Family<NameLabels, Gauge>,
    term: Family<NameLabels, Gauge>,
    credentials_rejected: Gauge,
    /// Those of the event queue.
    pub events: EventMetrics,
    tasks: Gauge,
}

/// Counts the selections and runs on demand.
type Counting = Box<dyn Fn() -> Counts + Send + Sync>;

/// Numbers of selections and runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Selections by namespace, and by type, status and reason of a condition.
    pub selections: BTreeMap<(String, &'static str, &'static str, &'static str), i64>,
    /// Runs by state and reason; the reason is empty if there is none.
    pub runs: BTreeMap<(&'static str, &'static str), i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ControllerLabels {
    controller: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NameLabels {
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReconcileLabels {
    controller: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RegionLabels {
    region: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    region: String,
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    region: String,
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunLabels {
    state: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConditionLabels {
    // Not `namespace`: Prometheus targets already have that label, and it would take precedence.
    selection_namespace: String,
    condition: &'static str,
    status: &'static str,
    reason: &'static str,
}

/// The result of a reconcile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReconcileOutcome {
    /// Nothing more to do until something changes.
    Success,
    /// Reconcile again later.
    RequeueAfter,
    /// An infrastructure fault.
    Error,
}

impl Default for Metrics {
    #[allow(clippy::too_many_lines)] // a list
    fn default() -> Self {
        // From a cached status to a pass with throttled calls: 1 ms to about 65 s.
        let seconds = || Histogram::new(exponential_buckets(0.001, 4.0, 9));
        let metrics = Self {
            registry: Registry::default(),
            reconciles: Family::default(),
            reconcile_errors: Family::default(),
            reconcile_seconds: Family::new_with_constructor(seconds),
            busy_seconds: Histogram::new(exponential_buckets(0.000_5, 2.0, 14)),
            active_workers: Family::default(),
            max_workers: Family::default(),
            calls: Family::default(),
            call_seconds: Family::new_with_constructor(seconds),
            rates: Family::default(),
            status_writes: Counter::default(),
            observation_age: Family::default(),
            runs: Family::default(),
            selections: Family::default(),
            counting: OnceLock::new(),
            scraping: Mutex::default(),
            leader: Family::default(),
            term: Family::default(),
            credentials_rejected: Gauge::default(),
            events: EventMetrics::default(),
            tasks: Gauge::default(),
        };
        // Present from the start: if a counter only appears with its first event, `increase()` misses that event.
        let labels = ControllerLabels { controller: CONTROLLER };
        drop(metrics.reconcile_errors.get_or_create(&labels));
        drop(metrics.active_workers.get_or_create(&labels));
        let mut registry = Registry::default();
        registry.register(
            "controller_runtime_reconcile",
            "Reconciles of selections by result",
            metrics.reconciles.clone(),
        );
        registry.register(
            "controller_runtime_reconcile_errors",
            "Reconciles that failed because of the infrastructure and not of a manifest",
            metrics.reconcile_errors.clone(),
        );
        registry.register(
            "controller_runtime_reconcile_time_seconds",
            "Duration of a reconcile, including the wait for the rate limiter",
            metrics.reconcile_seconds.clone(),
        );
        registry.register(
            "controller_runtime_active_workers",
            "Reconciles in progress",
            metrics.active_workers.clone(),
        );
        registry.register(
            "controller_runtime_max_concurrent_reconciles",
            "Maximum number of concurrent reconciles",
            metrics.max_workers.clone(),
        );
        registry.register(
            "modelselection_sagemaker_calls",
            "Calls to SageMaker by operation and outcome",
            metrics.calls.clone(),
        );
        registry.register(
            "modelselection_sagemaker_call_seconds",
            "Duration of a call, without the wait for the rate limiter",
            metrics.call_seconds.clone(),
        );
        registry.register(
            "modelselection_sagemaker_rate",
            "Calls per second that the rate limiter allows; decreases when SageMaker throttles",
            metrics.rates.clone(),
        );
        registry.register(
            "modelselection_status_writes",
            "Status writes to the API server",
            metrics.status_writes.clone(),
        );
        registry.register(
            "modelselection_reconcile_busy_seconds",
            "Time that a reconcile kept a thread busy: its duration without its waits",
            metrics.busy_seconds.clone(),
        );
        registry.register(
            "modelselection_observation_age_seconds",
            "Time since SageMaker last showed the running tuning jobs of a region, as of the last sweep",
            metrics.observation_age.clone(),
        );
        registry.register(
            "modelselection_selections",
            "Selections by namespace and condition; only the leader reports them",
            metrics.selections.clone(),
        );
        registry.register(
            "modelselection_runs",
            "Runs of all selections by state and reason; only the leader reports them",
            metrics.runs.clone(),
        );
        registry.register(
            "leader_election_master_status",
            "1 for the leader, 0 for a standby; absent without leader election",
            metrics.leader.clone(),
        );
        registry.register(
            "modelselection_leader_term",
            "Number of the leadership (leaseTransitions of the Lease); absent for a standby",
            metrics.term.clone(),
        );
        registry.register(
            "modelselection_aws_credentials_rejected",
            "1 while SageMaker rejects the credentials",
            metrics.credentials_rejected.clone(),
        );
        metrics.events.register(&mut registry);
        registry.register(
            "modelselection_tasks",
            "Tasks of the async runtime that have not ended; a number that only grows is a leak",
            metrics.tasks.clone(),
        );
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        let start: Gauge<f64, AtomicU64> = Gauge::default();
        start.set(clock::now().as_duration().as_secs_f64());
        registry.register("process_start_time_seconds", "Start time of the process, in seconds since 1970", start);
        // OpenMetrics adds `_info`.
        registry.register(
            "modelselection_build",
            "Version of the operator; several at the same time mean an upgrade or a second operator",
            build,
        );
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// The text of `/metrics`.
    pub fn encode(&self) -> String {
        let _only = self.scraping.lock();
        if let Some(count) = self.counting.get() {
            self.set_counts(&count());
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.tasks.set(i64::try_from(runtime.metrics().num_alive_tasks()).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// A reconcile starts.
    pub fn reconcile_started(&self) {
        self.active_workers.get_or_create(&ControllerLabels { controller: CONTROLLER }).inc();
    }

    /// A reconcile has ended.
    pub fn reconcile_ended(&self, outcome: ReconcileOutcome, seconds: f64, busy: f64) {
        let labels = ControllerLabels { controller: CONTROLLER };
        self.active_workers.get_or_create(&labels).dec();
        self.busy_seconds.observe(busy);
        self.reconcile_seconds.get_or_create(&labels).observe(seconds);
        let result = match outcome {
            ReconcileOutcome::Success => "success",
            ReconcileOutcome::RequeueAfter => "requeue_after",
            ReconcileOutcome::Error => "error",
        };
        self.reconciles.get_or_create(&ReconcileLabels { controller: CONTROLLER, result }).inc();
        if outcome == ReconcileOutcome::Error {
            self.reconcile_errors.get_or_create(&labels).inc();
        }
    }

    /// A call to SageMaker has ended. `outcome` is `ok` or the class of its fault, `rate` the number of calls per
    /// second that are allowed from now on.
    pub fn sagemaker_call(
        &self,
        region: &str,
        operation: &'static str,
        outcome: &'static str,
        seconds: f64,
        rate: f64,
    ) {
        let region = region.to_owned();
        self.calls.get_or_create(&CallLabels { region: region.clone(), operation, outcome }).inc();
        let labels = OperationLabels { region, operation };
        self.call_seconds.get_or_create(&labels).observe(seconds);
        self.rates.get_or_create(&labels).set(rate);
    }

    /// SageMaker has refused or accepted the credentials.
    pub fn set_credentials_rejected(&self, rejected: bool) {
        self.credentials_rejected.set(rejected.into());
    }

    /// Whether SageMaker refused the credentials in the last call.
    pub fn credentials_rejected(&self) -> bool {
        self.credentials_rejected.get() != 0
    }

    /// A status was written.
    pub fn status_written(&self) {
        self.status_writes.inc();
    }

    /// Nothing runs in the region any more: its snapshot has no age.
    pub fn drop_observation_age(&self, region: &str) {
        self.observation_age.remove(&RegionLabels { region: region.to_owned() });
    }

    /// The age of the snapshot of the running tuning jobs of a region, in seconds.
    pub fn set_observation_age(&self, region: &str, seconds: f64) {
        self.observation_age.get_or_create(&RegionLabels { region: region.to_owned() }).set(seconds);
    }

    /// Whether this process holds the Lease of that name.
    pub fn set_leading(&self, name: &str, leads: bool) {
        self.leader.get_or_create(&NameLabels { name: name.to_owned() }).set(leads.into());
    }

    /// The term (`leaseTransitions`) in which this process holds the Lease of that name.
    pub fn set_term(&self, name: &str, term: i32) {
        self.term.get_or_create(&NameLabels { name: name.to_owned() }).set(term.into());
    }

    /// The maximum number of concurrent reconciles.
    pub fn set_max_workers(&self, count: usize) {
        let labels = ControllerLabels { controller: CONTROLLER };
        self.max_workers.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Sets the function that counts selections and runs at each scrape. Counts that each pass updates would not drop
    /// to zero when the last selection is deleted, because no pass follows.
    pub fn count_by(&self, count: impl Fn() -> Counts + Send + Sync + 'static) {
        // A process has only one controller.
        let _ = self.counting.set(Box::new(count));
    }

    /// Removes series that do not exist any more instead of setting them to 0: there are many combinations, and only
    /// few at a time.
    fn set_counts(&self, counts: &Counts) {
        self.selections.clear();
        for ((selection_namespace, condition, status, reason), count) in &counts.selections {
            let selection_namespace = selection_namespace.clone();
            let labels = ConditionLabels { selection_namespace, condition, status, reason };
            self.selections.get_or_create(&labels).set(*count);
        }
        self.runs.clear();
        for ((state, reason), count) in &counts.runs {
            let labels = RunLabels { state, reason };
            self.runs.get_or_create(&labels).set(*count);
        }
    }
}
