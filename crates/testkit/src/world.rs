//! Everything that a test of a selection needs: a namespace, an emulated `SageMaker`, and the operator between them.
//!
//! The operator has its own user, so that the audit log distinguishes its writes from those of the test.

use std::collections::BTreeMap;
use std::time::Duration;

use api::{ModelSelection, ModelSelectionStatus, Reason, RunStatus};
use k8s_openapi::api::events::v1::Event;
use kube::api::{DeleteParams, DynamicObject, ListParams};
use kube::{Api, Client};
use serde_json::Value;

use super::audit::AuditEntry;
use super::await_until::{await_gone, await_object, await_until};
use super::control_plane::{ControlPlane, shared};
use super::emulator::Emulator;
use super::jobs::Job;
use super::manifests::apply;
use super::namespace::fresh_namespace;
use super::operator::{Operator, OperatorOptions, RECONCILES, metrics, total};
use super::relay::Relay;
use super::status::{condition, is_running};
use samples::Selection;

/// The deadline for everything here: minutes of emulated time take a second, but the machine may be busy.
pub const DEADLINE: Duration = Duration::from_mins(1);
/// The deadline for retries that come only after half a minute or more.
pub const LATER: Duration = Duration::from_mins(2);
/// More virtual seconds than any job of [`Selection`] takes.
pub const LONG: u32 = 100_000;

/// How many times faster the clock of the operator runs in [`World::hurried`].
pub const HURRY: u32 = 10;
/// The seconds between two polls there, by that clock.
pub const HURRIED_POLLS: &str = "3";

const USER: &str = "operator-under-test";

/// An operator, an emulator and a namespace on a control plane.
pub struct World<'a> {
    /// The control plane, whose audit log has all writes.
    pub plane: &'a ControlPlane,
    /// Its administrator.
    pub client: Client,
    /// The namespace that the operator watches.
    pub namespace: String,
    /// The operator's `SageMaker`.
    pub emulator: Emulator,
    /// The operator.
    pub operator: Operator,
    /// The options with which the operator is restarted.
    pub options: OperatorOptions,
    /// The selections of the namespace.
    pub selections: Api<ModelSelection>,
}

impl World<'static> {
    /// A world in which no virtual time passes: jobs run until the test advances the clock.
    pub async fn held(purpose: &str) -> Self {
        World::start(shared().await, purpose, &["--speed", "0"], &[]).await
    }

    /// A world in which a job takes less than a second.
    pub async fn fast(purpose: &str) -> Self {
        World::start(shared().await, purpose, &["--speed", "3000"], &[]).await
    }

    /// Like [`World::hurried_on`], on the shared control plane.
    pub async fn hurried(purpose: &str, environment: &[(&str, &str)]) -> Self {
        World::hurried_on(shared().await, purpose, environment).await
    }

    /// Like [`World::short_epochs_on`], on the shared control plane.
    pub async fn short_epochs(purpose: &str, emulator: &[&str], environment: &[(&str, &str)]) -> Self {
        World::short_epochs_on(shared().await, purpose, emulator, environment).await
    }

    /// A world with a hub of 1,000 models, in which jobs run until the test advances the clock.
    pub async fn with_large_hub(purpose: &str, environment: &[(&str, &str)]) -> Self {
        let emulator = Emulator::start(&["--speed", "0", "--extra-models", "838"]).await;
        let plane = shared().await;
        let client = plane.client();
        plane.install_crd().await;
        let namespace = fresh_namespace(&client, purpose).await;
        World::start_with(plane, &namespace, emulator, environment).await
    }
}

impl<'a> World<'a> {
    /// A held world whose operator has a clock that runs [`HURRY`] times faster, so that the pauses before retries cost
    /// a test little. All its settings are those of a release, except that it polls every [`HURRIED_POLLS`] seconds,
    /// and that no process has a Lease: a leader ends when the API server is slow (tests/install/leader.rs).
    pub async fn hurried_on(plane: &'a ControlPlane, purpose: &str, environment: &[(&str, &str)]) -> Self {
        let hurry = HURRY.to_string();
        let settings = [
            ("MODELSELECTION_TIME_SCALE", hurry.as_str()),
            ("MODELSELECTION_MIN_SWEEP_SECONDS", HURRIED_POLLS),
            ("MODELSELECTION_MAX_SWEEP_SECONDS", HURRIED_POLLS),
            ("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", "300"),
            ("MODELSELECTION_LEADER_ELECT", "false"),
        ];
        let settings: Vec<_> = settings.iter().chain(environment).copied().collect();
        World::start(plane, purpose, &["--speed", "0"], &settings).await
    }

    /// A world in which an epoch takes ten seconds, so that a job takes a moment at a moderate speed: for tests that
    /// observe a running job.
    pub async fn short_epochs_on(
        plane: &'a ControlPlane,
        purpose: &str,
        emulator: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let slower = [("MODELSELECTION_MIN_SWEEP_SECONDS", "0.5"), ("MODELSELECTION_MAX_SWEEP_SECONDS", "1")];
        let environment: Vec<_> = slower.iter().chain(environment).copied().collect();
        let world = World::start(plane, purpose, emulator, &environment).await;
        world.emulator.set_seconds_per_epoch(10.0).await;
        world
    }

    /// A world on a control plane, with arguments for the emulator and more environment variables for the operator.
    pub async fn start(
        plane: &'a ControlPlane,
        purpose: &str,
        emulator: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let client = plane.client();
        plane.install_crd().await;
        let namespace = fresh_namespace(&client, purpose).await;
        World::start_in(plane, &namespace, emulator, environment).await
    }

    /// The same in an existing namespace.
    pub async fn start_in(
        plane: &'a ControlPlane,
        namespace: &str,
        emulator: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        World::start_with(plane, namespace, Emulator::start(emulator).await, environment).await
    }

    async fn start_with(
        plane: &'a ControlPlane,
        namespace: &str,
        emulator: Emulator,
        environment: &[(&str, &str)],
    ) -> Self {
        let mut options = OperatorOptions::new(plane, &emulator, namespace);
        options.kubeconfig = plane.kubeconfig_for(USER, &["system:masters"]);
        let quick = [
            ("MODELSELECTION_MIN_SWEEP_SECONDS", "0.3"),
            ("MODELSELECTION_MAX_SWEEP_SECONDS", "0.3"),
            ("MODELSELECTION_CONSISTENCY_WINDOW_SECONDS", "3"),
        ];
        options.extra_env = quick.iter().chain(environment).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let mut operator = Operator::start(options.clone());
        operator.await_ready(DEADLINE).await;
        let client = plane.client();
        let selections = Api::namespaced(client.clone(), namespace);
        Self { plane, client, namespace: namespace.to_owned(), emulator, operator, options, selections }
    }

    /// Replaces `SageMaker` by one without any jobs, like another account.
    pub async fn renew_emulator(&mut self, arguments: &[&str]) {
        self.emulator = Emulator::start(arguments).await;
        self.options.sagemaker_url.clear();
        self.options.sagemaker_url.push_str(self.emulator.url());
    }

    /// Restarts the operator behind a relay to the API server.
    pub async fn relay_api_server(&mut self) -> Relay {
        let relay = Relay::start(self.plane.port()).await;
        self.options.kubeconfig = self.plane.kubeconfig_through(relay.port(), USER, &["system:masters"]);
        self.kill_and_restart();
        self.operator.await_ready(DEADLINE).await;
        relay
    }

    /// Restarts the operator behind a relay to `SageMaker`.
    pub async fn relay_sagemaker(&mut self) -> Relay {
        let port = self.emulator.url().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let relay = Relay::start(port).await;
        self.options.sagemaker_url = format!("http://127.0.0.1:{}", relay.port());
        self.kill_and_restart();
        self.operator.await_ready(DEADLINE).await;
        relay
    }

    /// Restarts the operator after [`Operator::kill`], without waiting for it.
    pub fn start_operator(&mut self) {
        self.operator = Operator::start(self.options.clone());
    }

    /// Sends SIGKILL, and starts a new process.
    pub fn kill_and_restart(&mut self) {
        self.operator.kill();
        self.start_operator();
    }

    /// Applies a selection like a user, and returns it as the server has stored it.
    pub async fn apply(&self, selection: &Selection) -> ModelSelection {
        self.apply_in(&self.namespace, selection).await
    }

    /// The same in another namespace.
    pub async fn apply_in(&self, namespace: &str, selection: &Selection) -> ModelSelection {
        let manifest = selection.manifest(namespace);
        let applied: DynamicObject =
            apply(&self.client, &manifest).await.unwrap_or_else(|e| panic!("the server refuses {manifest:#}: {e}"));
        let applied = serde_json::to_value(applied).expect("objects are JSON");
        serde_json::from_value(applied).expect("a ModelSelection")
    }

    /// Requests the deletion, and does not wait.
    pub async fn delete(&self, name: &str) {
        self.selections
            .delete(name, &DeleteParams::default())
            .await
            .unwrap_or_else(|e| panic!("cannot delete {name}: {e}"));
    }

    /// Deletes and waits until it is gone.
    pub async fn delete_and_wait(&self, name: &str) {
        self.delete(name).await;
        await_gone(&self.selections, name, DEADLINE).await;
    }

    /// Waits until the status of a selection matches.
    pub async fn await_status(
        &self,
        name: &str,
        what: &str,
        predicate: impl Fn(&ModelSelectionStatus) -> bool,
    ) -> ModelSelectionStatus {
        let holds = |selection: &ModelSelection| selection.status.as_ref().is_some_and(&predicate);
        await_object(&self.selections, name, what, DEADLINE, holds).await.status.expect("checked above")
    }

    /// Waits until the operator has observed the current generation and the status matches.
    pub async fn await_observed(
        &self,
        name: &str,
        what: &str,
        predicate: impl Fn(&ModelSelectionStatus) -> bool,
    ) -> ModelSelectionStatus {
        self.await_observed_within(name, what, DEADLINE, predicate).await
    }

    /// The same with another deadline.
    pub async fn await_observed_within(
        &self,
        name: &str,
        what: &str,
        deadline: Duration,
        predicate: impl Fn(&ModelSelectionStatus) -> bool,
    ) -> ModelSelectionStatus {
        let holds = |selection: &ModelSelection| {
            let generation = selection.metadata.generation;
            selection.status.as_ref().is_some_and(|s| s.observed_generation == generation && predicate(s))
        };
        await_object(&self.selections, name, what, deadline, holds).await.status.expect("checked above")
    }

    /// Waits until a condition has this reason.
    pub async fn await_condition(&self, name: &str, kind: &str, reason: Reason) -> ModelSelectionStatus {
        let has = |status: &ModelSelectionStatus| condition(status, kind).is_some_and(|c| c.reason == reason.as_str());
        self.await_observed(name, &format!("{kind} has the reason {}", reason.as_str()), has).await
    }

    /// Number of Events of a selection with this reason, including aggregated repetitions.
    pub async fn events(&self, name: &str, reason: &str) -> i32 {
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.namespace);
        let events = events.list(&ListParams::default()).await.expect("the Events can be listed");
        let about = |event: &&Event| {
            event.reason.as_deref() == Some(reason)
                && event.regarding.as_ref().is_some_and(|object| object.name.as_deref() == Some(name))
        };
        events.items.iter().filter(about).map(|event| event.series.as_ref().map_or(1, |series| series.count)).sum()
    }

    /// Waits until there is an Event with this reason, and checks that it is the only one.
    pub async fn await_single_event(&self, name: &str, reason: &str) {
        let what = format!("there is an Event {reason}");
        await_until(&what, DEADLINE, async || self.events(name, reason).await > 0).await;
        assert_eq!(self.events(name, reason).await, 1, "Events {reason} of {name}");
    }

    /// Waits until every run has a running job.
    pub async fn await_launched(&self, name: &str) -> ModelSelectionStatus {
        let launched = |status: &ModelSelectionStatus| {
            // After the first listing has set the counts, the status does not change any more while no time passes.
            let settled = |run: &RunStatus| is_running(run) && run.training_jobs.is_some();
            let stopped = status.superseded.iter().all(|job| job.stop_requested);
            !status.runs.is_empty() && stopped && status.runs.iter().all(settled)
        };
        self.await_observed(name, "every run has a running job", launched).await
    }

    /// Waits until every run has ended for good.
    pub async fn await_complete(&self, name: &str) -> ModelSelectionStatus {
        self.await_complete_within(name, DEADLINE).await
    }

    /// The same with another deadline.
    pub async fn await_complete_within(&self, name: &str, deadline: Duration) -> ModelSelectionStatus {
        let is_complete = |status: &ModelSelectionStatus| status.completion_time.is_some();
        self.await_observed_within(name, "every run has ended", deadline, is_complete).await
    }

    /// The tuning jobs of the emulator, by name.
    pub async fn jobs(&self) -> BTreeMap<String, Job> {
        let jobs = self.job_documents().await.into_iter();
        jobs.map(|(name, job)| (name, Job::read(&job))).collect()
    }

    /// The tuning jobs by name, each with everything that the emulator knows about it.
    pub async fn job_documents(&self) -> BTreeMap<String, Value> {
        let jobs = self.emulator.jobs().await;
        let jobs = jobs.as_array().expect("a list of jobs").iter();
        jobs.map(|job| (job["name"].as_str().expect("a name").to_owned(), job.clone())).collect()
    }

    /// Number of jobs created so far, by any client.
    pub async fn jobs_created(&self) -> u64 {
        self.emulator.calls().await["jobsCreated"].as_u64().expect("a number")
    }

    /// Names of the jobs with a status.
    pub async fn jobs_in(&self, status: &str) -> Vec<String> {
        self.jobs().await.into_values().filter(|job| job.status == status).map(|job| job.name).collect()
    }

    /// Waits until a stop of a tuning job was requested.
    pub async fn await_stop(&self, job: &str) {
        await_until(&format!("{job} is stopped"), DEADLINE, async || {
            let jobs = self.jobs().await;
            let status = jobs.get(job).unwrap_or_else(|| panic!("there is no job {job}: {jobs:#?}")).status.clone();
            if status == "Stopping" || status == "Stopped" { Ok(()) } else { Err(status) }
        })
        .await;
    }

    /// Number of calls of an operation since the last reset.
    pub async fn calls_of(&self, operation: &str) -> u64 {
        self.emulator.calls().await["byOperation"][operation].as_u64().unwrap_or_default()
    }

    /// Number of all calls since the last reset.
    pub async fn calls(&self) -> u64 {
        self.emulator.calls().await["total"].as_u64().expect("a total")
    }

    /// Number of errors of a kind so far, such as `CreateHyperParameterTuningJob ThrottlingException`.
    pub async fn errors(&self, error: &str) -> u64 {
        self.emulator.calls().await["errors"][error].as_u64().unwrap_or_default()
    }

    /// Prints the calls, for the log of the test.
    pub async fn print_calls(&self, test: &str) {
        eprintln!("{test}: {}", self.emulator.calls().await);
    }

    /// Waits until all injected faults have occurred as often as requested.
    pub async fn await_faults_spent(&self) {
        await_until("the faults have hit", DEADLINE, async || {
            let left = self.emulator.faults().await;
            if left.as_array().is_some_and(Vec::is_empty) { Ok(()) } else { Err(left) }
        })
        .await;
    }

    /// The operator's writes in this namespace, except Leases.
    pub fn writes(&self) -> Vec<AuditEntry> {
        self.writes_from(0).0
    }

    /// The same from an offset of the audit log on, and the offset behind them.
    pub fn writes_from(&self, offset: u64) -> (Vec<AuditEntry>, u64) {
        let ours = |entry: &AuditEntry| entry.user == USER && entry.namespace.as_deref() == Some(&self.namespace);
        let (mut entries, end) = self.plane.audit_from(offset);
        entries.retain(ours);
        (entries, end)
    }

    /// Waits until no pass and no call is in progress: a status is visible before the pass that wrote it has ended.
    pub async fn await_idle(&self) {
        let mut before = None;
        await_until("nothing is in progress", DEADLINE, async || {
            let (_, text) = self.operator.get("/metrics").await.unwrap_or_default();
            let workers = |line: &str| line.starts_with("controller_runtime_active_workers{") && line.ends_with(" 0");
            let now = text.lines().any(workers).then_some(self.calls().await);
            let same = now.is_some() && before == now;
            before = now;
            same
        })
        .await;
    }

    /// Number of reconciles that this operator process has completed.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it is a count
    pub async fn reconciles(&self) -> u64 {
        let Ok((200, text)) = self.operator.get("/metrics").await else { return 0 };
        total(&metrics(&text), RECONCILES) as u64
    }
}
