//! All that a test of a selection's life needs: a namespace, an emulated `SageMaker`, the operator that joins them.
//!
//! The operator works as a user of its own, so that the audit log tells its writes from those of the test.

use std::collections::BTreeMap;
use std::time::Duration;

use api::{ModelSelection, ModelSelectionStatus, RunState, RunStatus};
use kube::api::{DeleteParams, DynamicObject};
use kube::{Api, Client};
use serde_json::{Value, json};

use super::audit::AuditEntry;
use super::await_until::{await_gone, await_object, await_until};
use super::control_plane::{ControlPlane, shared};
use super::emulator::Emulator;
use super::manifests::{apply, install_crd};
use super::namespace::fresh_namespace;
use super::operator::{Operator, OperatorOptions};
use super::programs;
use samples::Selection;

/// How long anything may take here: minutes of an emulated life pass in a second, but the machine may be busy.
pub const DEADLINE: Duration = Duration::from_mins(1);
/// More virtual seconds than any job of [`Selection`] takes.
pub const LONG: u64 = 100_000;

const USER: &str = "operator-under-test";

/// An operator, an emulator and a namespace on a control plane.
pub struct World<'a> {
    /// The control plane, whose audit log has all writes.
    pub plane: &'a ControlPlane,
    /// Its administrator.
    pub client: Client,
    /// The namespace that the operator looks after.
    pub namespace: String,
    /// The operator's `SageMaker`.
    pub emulator: Emulator,
    /// The operator.
    pub operator: Operator,
    /// How the operator is started again.
    pub options: OperatorOptions,
    /// The selections of the namespace.
    pub api: Api<ModelSelection>,
}

impl World<'static> {
    /// One in which no virtual time passes: jobs run until the test advances the clock.
    pub async fn held(purpose: &str) -> Self {
        World::start(shared().await, purpose, "0", &[]).await
    }

    /// One in which a job takes less than a second.
    pub async fn fast(purpose: &str) -> Self {
        World::start(shared().await, purpose, "3000", &[]).await
    }
}

impl World<'static> {
    /// One with a hub of 1,000 models, in which jobs run until the test advances the clock.
    pub async fn with_large_hub(purpose: &str, environment: &[(&str, &str)]) -> Self {
        let emulator = Emulator::start(&["--speed", "0", "--extra-models", "838"]).await;
        let plane = shared().await;
        let client = plane.client();
        install_crd(&client, programs::CRD.as_ref()).await;
        let namespace = fresh_namespace(&client, purpose).await;
        World::start_with(plane, &namespace, emulator, environment).await
    }
}

impl<'a> World<'a> {
    /// One on a control plane, with a speed of time and more environment for the operator.
    pub async fn start(plane: &'a ControlPlane, purpose: &str, speed: &str, environment: &[(&str, &str)]) -> Self {
        let client = plane.client();
        install_crd(&client, programs::CRD.as_ref()).await;
        let namespace = fresh_namespace(&client, purpose).await;
        World::start_in(plane, &namespace, speed, environment).await
    }

    /// The same in a namespace that is there already.
    pub async fn start_in(plane: &'a ControlPlane, namespace: &str, speed: &str, environment: &[(&str, &str)]) -> Self {
        World::start_with(plane, namespace, start_emulator(speed).await, environment).await
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
        let api = Api::namespaced(client.clone(), namespace);
        Self { plane, client, namespace: namespace.to_owned(), emulator, operator, options, api }
    }

    /// `SageMaker` without a memory: another account, with another speed.
    pub async fn renew_emulator(&mut self, speed: &str) {
        self.emulator = start_emulator(speed).await;
        self.options.sagemaker_url.clear();
        self.options.sagemaker_url.push_str(self.emulator.url());
    }

    /// Starts the operator again after [`Operator::kill`], without waiting for it.
    pub fn start_operator(&mut self) {
        self.operator = Operator::start(self.options.clone());
    }

    /// SIGKILL, and a new one.
    pub fn kill_and_restart(&mut self) {
        self.operator.kill();
        self.start_operator();
    }

    /// Applies a selection as a user would, and returns it as the server has it.
    pub async fn apply(&self, selection: &Selection) -> ModelSelection {
        self.apply_in(&self.namespace, selection).await
    }

    /// The same in another namespace.
    pub async fn apply_in(&self, namespace: &str, selection: &Selection) -> ModelSelection {
        let mut manifest = selection.0.clone();
        manifest["metadata"]["namespace"] = json!(namespace);
        let applied: DynamicObject =
            apply(&self.client, &manifest).await.unwrap_or_else(|e| panic!("the server refuses {manifest:#}: {e}"));
        let applied = serde_json::to_value(applied).expect("objects are JSON");
        serde_json::from_value(applied).expect("a ModelSelection")
    }

    /// Asks for the deletion, and does not wait.
    pub async fn delete(&self, name: &str) {
        self.api.delete(name, &DeleteParams::default()).await.unwrap_or_else(|e| panic!("cannot delete {name}: {e}"));
    }

    /// Deletes and waits until it is gone.
    pub async fn delete_and_wait(&self, name: &str) {
        self.delete(name).await;
        await_gone(&self.api, name, DEADLINE).await;
    }

    /// Waits until the status of a selection is as described.
    pub async fn await_status(
        &self,
        name: &str,
        what: &str,
        predicate: impl Fn(&ModelSelectionStatus) -> bool,
    ) -> ModelSelectionStatus {
        let holds = |selection: &ModelSelection| selection.status.as_ref().is_some_and(&predicate);
        await_object(&self.api, name, what, DEADLINE, holds).await.status.expect("checked above")
    }

    /// Waits until the operator has dealt with the present generation and the status is as described.
    pub async fn await_observed(
        &self,
        name: &str,
        what: &str,
        predicate: impl Fn(&ModelSelectionStatus) -> bool,
    ) -> ModelSelectionStatus {
        let holds = |selection: &ModelSelection| {
            let generation = selection.metadata.generation;
            selection.status.as_ref().is_some_and(|s| s.observed_generation == generation && predicate(s))
        };
        await_object(&self.api, name, what, DEADLINE, holds).await.status.expect("checked above")
    }

    /// Waits until every run has a job that runs.
    pub async fn await_launched(&self, name: &str) -> ModelSelectionStatus {
        let launched = |status: &ModelSelectionStatus| {
            // With the counts of the first listing, a status in which no time passes does not change any more.
            let settled = |run: &RunStatus| is_running(run) && run.training_jobs.is_some();
            let stopped = status.superseded.iter().all(|job| job.stop_requested);
            !status.runs.is_empty() && stopped && status.runs.iter().all(settled)
        };
        self.await_observed(name, "every run has a running job", launched).await
    }

    /// Waits until every run has ended, for good.
    pub async fn await_complete(&self, name: &str) -> ModelSelectionStatus {
        self.await_observed(name, "to be complete", |status| status.completion_time.is_some()).await
    }

    /// The tuning jobs of the emulator, by name.
    pub async fn jobs(&self) -> BTreeMap<String, Job> {
        let jobs = self.emulator.jobs().await;
        let jobs = jobs.as_array().expect("a list of jobs").iter().map(|job| {
            let text = |field: &str| job[field].as_str().unwrap_or_default().to_owned();
            let tag =
                |key: &str| job["tags"][format!("modelselection.dev/{key}")].as_str().unwrap_or_default().to_owned();
            let job = Job {
                name: text("name"),
                status: text("status"),
                region: text("region"),
                candidate: tag("candidate"),
                dataset: tag("dataset"),
                definition: tag("definition"),
                attempt: tag("attempt"),
                namespace: tag("namespace"),
                selection: tag("name"),
            };
            (job.name.clone(), job)
        });
        jobs.collect()
    }

    /// Jobs in a status, by name.
    pub async fn jobs_in(&self, status: &str) -> Vec<String> {
        self.jobs().await.into_values().filter(|job| job.status == status).map(|job| job.name).collect()
    }

    /// Waits until a tuning job has been told to stop.
    pub async fn await_stop(&self, job: &str) {
        await_until(&format!("{job} is stopped"), DEADLINE, async || {
            let jobs = self.jobs().await;
            let status = jobs.get(job).unwrap_or_else(|| panic!("there is no job {job}: {jobs:#?}")).status.clone();
            if status == "Stopping" || status == "Stopped" { Ok(()) } else { Err(status) }
        })
        .await;
    }

    /// Calls of an operation since the last reset.
    pub async fn calls_of(&self, operation: &str) -> u64 {
        self.emulator.calls().await["byOperation"][operation].as_u64().unwrap_or_default()
    }

    /// All calls since the last reset.
    pub async fn calls(&self) -> u64 {
        self.emulator.calls().await["total"].as_u64().expect("a total")
    }

    /// Waits until an ordered fault has hit as often as it was to.
    pub async fn await_faults_spent(&self) {
        await_until("the faults have hit", DEADLINE, async || {
            let left = self.emulator.faults().await;
            if left.as_array().is_some_and(Vec::is_empty) { Ok(()) } else { Err(left) }
        })
        .await;
    }

    /// What the operator wrote in this namespace, but Leases.
    pub fn writes(&self) -> Vec<AuditEntry> {
        let ours = |entry: &AuditEntry| entry.user == USER && entry.namespace.as_deref() == Some(&self.namespace);
        self.plane.audit().into_iter().filter(ours).collect()
    }

    /// Waits until no pass and no call is under way: a status is seen before the pass that wrote it has ended.
    pub async fn await_idle(&self) {
        let mut before = None;
        await_until("nothing is under way", DEADLINE, async || {
            let (_, text) = self.operator.get("/metrics").await.unwrap_or_default();
            let workers = |line: &str| line.starts_with("controller_runtime_active_workers{") && line.ends_with(" 0");
            let now = text.lines().any(workers).then_some(self.calls().await);
            let same = now.is_some() && before == now;
            before = now;
            same
        })
        .await;
    }

    /// How many reconciles of this operator process have ended.
    pub async fn reconciles(&self) -> u64 {
        let Ok((200, text)) = self.operator.get("/metrics").await else { return 0 };
        let counts = text.lines().filter(|line| line.starts_with("controller_runtime_reconcile_total{"));
        counts.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
    }
}

async fn start_emulator(speed: &str) -> Emulator {
    Emulator::start(&["--speed", speed]).await
}

/// A tuning job as the emulator has it, with what its tags say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// Its status, such as `InProgress`.
    pub status: String,
    /// Its region.
    pub region: String,
    /// The tag `candidate`. Like the others it is empty if the job has no such tag.
    pub candidate: String,
    /// The tag `dataset`.
    pub dataset: String,
    /// The tag `definition`: the fingerprint.
    pub definition: String,
    /// The tag `attempt`.
    pub attempt: String,
    /// The tag `namespace`: that of the selection.
    pub namespace: String,
    /// The tag `name`: that of the selection.
    pub selection: String,
}

/// Whether a run has a job whose creation was answered.
pub fn is_running(run: &RunStatus) -> bool {
    run.state == RunState::Running && run.tuning_job_arn.is_some()
}

/// The run of a candidate, on the first dataset that has one.
pub fn run_of<'s>(status: &'s ModelSelectionStatus, candidate: &str) -> &'s RunStatus {
    let found = status.runs.iter().find(|run| run.candidate == candidate);
    found.unwrap_or_else(|| panic!("no run of {candidate} in {status:#?}"))
}

/// The name of the job of a candidate's run.
pub fn job_of(status: &ModelSelectionStatus, candidate: &str) -> String {
    let name = run_of(status, candidate).tuning_job_name.clone();
    name.unwrap_or_else(|| panic!("no job of {candidate} in {status:#?}"))
}

/// Status, reason and message of a condition.
pub fn condition<'s>(status: &'s ModelSelectionStatus, kind: &str) -> Option<(&'s str, &'s str, &'s str)> {
    let found = status.conditions.iter().find(|condition| condition.type_ == kind);
    found.map(|c| (c.status.as_str(), c.reason.as_str(), c.message.as_str()))
}

/// Status and reason of each condition, in the order of the status: `Ready=True/Completed`.
pub fn conditions(status: &ModelSelectionStatus) -> Vec<String> {
    status.conditions.iter().map(|c| format!("{}={}/{}", c.type_, c.status, c.reason)).collect()
}

/// A status without its times: two of the same results are then the same bytes.
pub fn timeless(status: &ModelSelectionStatus) -> Value {
    let mut value = serde_json::to_value(status).expect("a status is JSON");
    for field in ["startTime", "completionTime"] {
        value.as_object_mut().expect("an object").remove(field);
    }
    for condition in value["conditions"].as_array_mut().expect("conditions") {
        condition.as_object_mut().expect("an object").remove("lastTransitionTime");
    }
    value
}
