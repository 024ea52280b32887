//! The life of a selection with every kind of fault of the emulator, in every operation, in every phase: exactly one
//! job for each attempt, the same result as without the fault, and few requests.

#![allow(clippy::print_stdout)] // the number of cells is for readers of the log

use std::collections::BTreeSet;

use api::{ModelSelectionStatus, RunState};
use futures::{StreamExt as _, stream};
use sagemaker::Operation;
use serde_json::{Value, json};
use testkit::world::{DEADLINE, LATER, LONG};
use testkit::{Selection, World, await_until};

const MOBILENET: &str = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4";
const CREATE: &str = "CreateHyperParameterTuningJob";
const LIST: &str = "ListHyperParameterTuningJobs";
/// For models from S3 instead of the hub.
const S3: &str = "s3:GetObject";
/// Created, created again after an edit, and again after a suspension.
const ATTEMPTS: usize = 3;
/// Create, running, the end, an edit, a stop, a resumption, a deletion.
const PHASES: usize = 7;
/// Lives that are played at the same time, each in its own world: a life mostly waits.
const WORLDS: usize = 2;
/// Most requests of a life, without polls. A life without a fault makes about 40, two thirds of which are writes.
const REQUESTS: u64 = 80;

/// A test for each kind of fault.
macro_rules! faults {
    ($($(#[$attribute:meta])* $test:ident: $kind:ident $more:tt)*) => {
        const KINDS: &[&str] = &[$(stringify!($kind)),*];

        $(
            #[tokio::test]
            $(#[$attribute])*
            async fn $test() {
                play(stringify!($kind), &json!($more)).await;
            }
        )*
    };
}

faults! {
    a_response_is_lost: DropAnswer {}
    a_request_is_lost: DropRequest {}
    #[ignore = "waits for timeouts: make crash-matrix"]
    there_is_no_response: HangAnswer {}
    #[ignore = "waits for timeouts: make crash-matrix"]
    a_request_does_not_arrive: HangRequest {}
    a_response_is_late: Delay {"delayMillis": 2_000}
    the_service_fails: InternalFailure {}
    a_proxy_responds: ServiceUnavailable {}
    the_service_throttles: Throttle {}
    access_is_denied: AccessDenied {}
    the_credentials_have_expired: ExpiredToken {}
    the_credentials_are_unknown: UnrecognizedClient {}
    the_request_has_expired: RequestExpired {}
    the_signature_has_expired: SignatureExpired {}
    the_role_cannot_be_assumed: RoleNotAssumable {}
    there_are_no_data: NoS3Objects {}
    nothing_is_found: NotFound {}
    the_job_has_already_ended: AlreadyEnded {}
    a_response_is_empty: EmptyAnswer {}
    a_request_gets_a_response_and_has_no_effect: NoEffect {}
    a_response_is_truncated: TruncatedAnswer {}
    a_response_has_other_types: WrongTypes {}
    a_response_is_about_another_job: AnotherJob {}
    a_response_is_an_earlier_one: ReplayedAnswer {}
    a_response_has_huge_texts: HugeTexts {}
    a_response_has_an_unknown_status: UnknownStatus {}
}

#[test]
fn every_kind_of_fault_has_a_test() {
    let documented = include_str!("../../docs/emulator.md").split("### Faults").nth(1).expect("the section");
    let documented = documented.split("### Lags").next().expect("what is before the next one");
    let rows = documented.lines().filter_map(|line| line.strip_prefix("| `"));
    let documented: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    assert_eq!(KINDS.iter().copied().collect::<BTreeSet<_>>(), documented);
}

/// Tests all operations with one kind of fault, and prints the number of cells of the matrix, and of those in which the
/// operation was called.
async fn play(kind: &str, more: &Value) {
    let operations = Operation::ALL.iter().map(|operation| operation.as_str()).chain([S3]);
    // A creation that is invalid waits for an edit: see bad_input.rs.
    let operations: Vec<_> = operations.filter(|operation| (kind, *operation) != ("AlreadyEnded", CREATE)).collect();
    let lives = operations.iter().map(|operation| {
        let mut fault = json!({"kind": kind, "operation": operation, "count": 1});
        fault.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        Life::play(operation, fault)
    });
    let lives: Vec<Life> = stream::iter(lives).buffer_unordered(WORLDS).collect().await;
    let cells = |of: fn(&Life) -> usize| lives.iter().map(of).sum::<usize>();
    let most = lives.iter().map(|life| life.requests).max().unwrap_or_default();
    println!(
        "{kind}: {} cells, the fault occurred in {}; at most {most} requests in a life",
        cells(|life| life.phases),
        cells(|life| life.hits)
    );
    assert!(lives.iter().all(|life| life.hits > 0), "{kind}: each operation is called in some phase");
    assert_eq!(cells(|life| life.phases), PHASES * operations.len());
}

/// A selection's life, phase by phase, with the fault renewed before each.
struct Life {
    world: World<'static>,
    fault: Value,
    phases: usize,
    /// Phases in which the fault occurred.
    hits: usize,
    requests: u64,
}

impl Life {
    async fn play(operation: &'static str, fault: Value) -> Self {
        let source = [("MODELSELECTION_CATALOG_SOURCE", if operation == S3 { "s3" } else { "hub" })];
        let world = World::hurried(&format!("fault-{}", operation.to_lowercase()), &source).await;
        let mut life = Self { world, fault, phases: 0, hits: 0, requests: 0 };
        // If this takes longer, the operator does not recover.
        let lived = tokio::time::timeout(4 * LATER, life.live(operation)).await;
        lived.unwrap_or_else(|_| panic!("{operation} with {} did not end", life.fault));
        let calls = life.world.emulator.calls().await;
        life.requests = life.world.calls().await - life.world.calls_of(LIST).await + life.world.writes().len() as u64;
        assert!(
            life.requests <= REQUESTS,
            "{operation} with {}: {calls} and {} writes",
            life.fault,
            life.world.writes().len()
        );
        life
    }

    async fn live(&mut self, operation: &str) {
        let selection = selection(operation).with("/collect", json!("All"));
        self.phase().await;
        self.world.apply(&selection).await;
        self.launched().await;
        // Nothing happens but polls.
        self.phase().await;
        let polls = self.world.calls_of(LIST).await;
        await_until("it is polled twice", DEADLINE, async || self.world.calls_of(LIST).await >= polls + 2).await;
        // The end of the job.
        self.phase().await;
        self.world.emulator.advance(LONG).await;
        // A fault that a person has to remove does not delay the end of a run: its table follows.
        let complete = |status: &ModelSelectionStatus| {
            let tables = status.runs.iter().all(|run| run.trials.as_ref().is_some_and(|trials| trials.count == 2));
            status.completion_time.is_some() && tables
        };
        let status = self.until("the run has ended, and its table is written", complete).await;
        let run = &status.runs[0];
        let outcome = (run.state, run.reason, run.attempt, run.failed_attempts);
        assert_eq!(outcome, (RunState::Succeeded, None, 0, 0), "{}: {status:#?}", self.fault);
        assert_eq!(status.fronts[0].members.len(), 1, "{}: {status:#?}", self.fault);
        // An edit, whose job is stopped by a suspension and runs again after it.
        let again = selection.with("/rerun", json!("again"));
        self.phase().await;
        self.world.apply(&again).await;
        self.launched().await;
        self.phase().await;
        let suspended = again.clone().with("/suspend", json!(true)).with("/suspendPolicy", json!("Stop"));
        self.world.apply(&suspended).await;
        self.until_none_runs().await;
        self.world.emulator.advance(LONG).await;
        self.until("the run is stopped", |status| status.runs[0].state == RunState::Stopped).await;
        self.phase().await;
        self.world.apply(&again).await;
        self.launched().await;
        // The deletion of a selection whose job is running.
        self.phase().await;
        self.world.delete(NAME).await;
        await_until("it is gone", LATER, async || {
            self.world.selections.get_opt(NAME).await.is_ok_and(|selection| selection.is_none())
        })
        .await;
        self.until_none_runs().await;
        self.end_of_phase().await;
        let jobs = self.world.jobs().await;
        assert_eq!(jobs.len(), ATTEMPTS, "{}: one job for each attempt: {jobs:#?}", self.fault);
    }

    async fn phase(&mut self) {
        self.end_of_phase().await;
        self.world.emulator.fault(self.fault.clone()).await;
        self.phases += 1;
    }

    async fn end_of_phase(&mut self) {
        let left = self.world.emulator.faults().await;
        self.hits += usize::from(self.phases > 0 && left == json!([]));
        self.world.emulator.clear_faults().await;
    }

    async fn launched(&self) {
        let launched = |status: &ModelSelectionStatus| {
            let stopped = status.superseded.iter().all(|job| job.stop_requested);
            stopped && status.runs.len() == 1 && status.runs.iter().all(testkit::status::is_running)
        };
        self.until("the job runs", launched).await;
    }

    async fn until(&self, what: &str, holds: impl Fn(&ModelSelectionStatus) -> bool) -> ModelSelectionStatus {
        self.world.await_observed_within(NAME, what, LATER, holds).await
    }

    async fn until_none_runs(&self) {
        await_until("no job runs unobserved", LATER, async || match self.world.jobs_in("InProgress").await {
            running if running.is_empty() => Ok(()),
            running => Err(running),
        })
        .await;
    }
}

const NAME: &str = "fault";

/// A selection whose life has calls of the operation.
fn selection(operation: &str) -> Selection {
    let selection = Selection::new(NAME);
    match operation {
        "ListHubContents" => {
            let selector = json!({"jumpStart": {"task": "ic", "framework": "tensorflow", "include": [MOBILENET]}});
            selection.with("/candidateSelectors", json!([selector]))
        }
        "ListHubContentVersions" | "DescribeHubContent" | S3 => selection.jump_start("one", MOBILENET, "4.*"),
        _ => selection.images(&["one"]),
    }
}
