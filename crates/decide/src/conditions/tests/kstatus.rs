//! The rules of Flux's condition checker (`conditions/check` of its runtime package, with its rule numbers), applied to
//! random walks through the life of a selection, and kstatus's verdict on each step.

use crate::problem::Problem;
use jiff::Timestamp;
use proptest::prelude::*;

use super::{front, run};
use crate::conditions::{Situation, conditions, launched_before};
use crate::summary::counts;
use api::{Condition, ReadyPolicy, Reason, RunState, RunStatus, merge_conditions};
use samples::spec;

/// The situation at one step of a walk.
#[derive(Clone, Debug)]
struct Step {
    runs: Vec<RunStatus>,
    members: usize,
    suspend: bool,
    policy: ReadyPolicy,
    unobserved: Option<Problem>,
    incomplete: Option<Problem>,
    /// The spec was edited before this step.
    edited: bool,
}

fn any_run() -> impl Strategy<Value = RunStatus> {
    use RunState::{Failed, Running, Stopped, Stopping, Succeeded, Waiting};
    let state = proptest::sample::select(vec![Waiting, Running, Stopping, Succeeded, Failed, Stopped]);
    let reason = proptest::sample::select(vec![
        Reason::Queued,
        Reason::Creating,
        Reason::UnknownModel,
        Reason::AccessDenied,
        Reason::RetryingAfterError,
        Reason::Suspended,
        Reason::QuotaExceeded,
    ]);
    (state, proptest::option::of(reason), any::<bool>()).prop_map(|(state, reason, named)| RunStatus {
        tuning_job_name: named.then(|| "ms-x".into()),
        ..run(state, reason)
    })
}

/// Usually no fault, so that not every walk is about faults.
fn trouble(reasons: &[Reason]) -> impl Strategy<Value = Option<Problem>> {
    let problem = proptest::sample::select(reasons.to_vec()).prop_map(|reason| Problem::new(reason, "it is so"));
    proptest::option::weighted(0.2, problem)
}

fn any_step() -> impl Strategy<Value = Step> {
    (
        proptest::collection::vec(any_run(), 0..5),
        0usize..2,
        any::<bool>(),
        proptest::sample::select(vec![ReadyPolicy::Launched, ReadyPolicy::Completed]),
        trouble(&[Reason::AccessDenied, Reason::CredentialsRejected]),
        trouble(&[Reason::Progressing, Reason::RetryingAfterError, Reason::NoModelFound, Reason::InvalidExpression]),
        any::<bool>(),
    )
        .prop_map(|(runs, members, suspend, policy, unobserved, incomplete, edited)| Step {
            runs,
            members,
            suspend,
            policy,
            unobserved,
            incomplete,
            edited,
        })
}

/// The conditions after a step, as the controller writes them.
fn taken(step: &Step, before: &[Condition], generation: Option<i64>, now: Timestamp) -> Vec<Condition> {
    let mut spec = spec();
    spec.suspend = step.suspend;
    spec.ready_policy = step.policy;
    let wanted = conditions(Situation {
        spec: &spec,
        runs: &step.runs,
        counts: &counts(&step.runs),
        fronts: &[front(step.members)],
        launched_before: launched_before(before, generation),
        unobserved: step.unobserved.as_ref(),
        incomplete: step.incomplete.as_ref(),
    });
    merge_conditions(before, wanted, generation, now)
}

fn status<'c>(all: &'c [Condition], type_: &str) -> Option<&'c str> {
    all.iter().find(|condition| condition.type_ == type_).map(|condition| condition.status.as_str())
}

/// The first rule that is broken. The status has the generation of its conditions, because both are written together.
fn broken(all: &[Condition], generation: i64) -> Option<&'static str> {
    let (ready, reconciling, stalled) = (status(all, "Ready"), status(all, "Reconciling"), status(all, "Stalled"));
    let is_ready = ready == Some("True");
    let is_finished = status(all, "Finished") == Some("True");
    let rules = [
        (
            "FAIL0001, WARN0001: no abnormal condition while Ready",
            !is_ready || (reconciling.is_none() && stalled.is_none()),
        ),
        ("FAIL0002: Ready is always there", ready.is_some()),
        // The checker applies this rule at the end of a reconcile; before that, Ready may also be Unknown (FAIL0011).
        ("FAIL0003: not Ready while Reconciling", reconciling != Some("True") || !is_ready),
        ("FAIL0004: Ready is False while Stalled", stalled != Some("True") || ready == Some("False")),
        ("FAIL0005: not Reconciling and Stalled at once", reconciling.is_none() || stalled.is_none()),
        (
            "FAIL0006 to 0009, WARN0005: every condition has the generation of the status",
            generation >= 1 && all.iter().all(|condition| condition.observed_generation == Some(generation)),
        ),
        ("FAIL0011: Ready is Unknown only while Reconciling", ready != Some("Unknown") || reconciling == Some("True")),
        (
            "WARN0002: Ready has the reason and message of the abnormal condition",
            all.iter().filter(|c| c.type_ == "Reconciling" || c.type_ == "Stalled").all(|abnormal| {
                all.iter().any(|c| c.type_ == "Ready" && c.reason == abnormal.reason && c.message == abnormal.message)
            }),
        ),
        ("WARN0003: Reconciling only when True", reconciling.is_none_or(|status| status == "True")),
        ("WARN0004: Stalled only when True", stalled.is_none_or(|status| status == "True")),
        // In addition to the checker: without this rule, nobody could tell whether to wait.
        ("not Ready has a cause", is_ready || reconciling.is_some() || stalled.is_some()),
        ("Ready comes first, for those who read one", all.first().is_some_and(|first| first.type_ == "Ready")),
        (
            "each type once, or waiting tools would take any of them",
            all.iter().enumerate().all(|(at, c)| all[..at].iter().all(|other| other.type_ != c.type_)),
        ),
        ("Succeeded is always there", status(all, "Succeeded").is_some()),
        ("Finished is always there", status(all, "Finished").is_some()),
        (
            "a selection that succeeded or failed has finished",
            status(all, "Succeeded") == Some("Unknown") || is_finished,
        ),
        ("a selection that is Reconciling has not finished", reconciling != Some("True") || !is_finished),
        ("Ready and Finished means Succeeded", !is_ready || !is_finished || status(all, "Succeeded") == Some("True")),
        ("Suspended only when True", status(all, "Suspended").is_none_or(|status| status == "True")),
    ];
    rules.into_iter().find_map(|(rule, kept)| (!kept).then_some(rule))
}

/// kstatus's verdict on an object whose generation has been observed.
fn kstatus(all: &[Condition]) -> &'static str {
    let abnormal = all.iter().find(|c| c.status == "True" && (c.type_ == "Reconciling" || c.type_ == "Stalled"));
    match abnormal.map(|condition| condition.type_.as_str()) {
        Some("Stalled") => "Failed",
        None if status(all, "Ready") == Some("True") => "Current",
        _ => "InProgress",
    }
}

proptest! {
    #[test]
    fn every_walk_satisfies_the_rules(steps in proptest::collection::vec(any_step(), 1..8)) {
        let (mut before, mut generation): (Vec<Condition>, i64) = (Vec::new(), 1);
        for (second, step) in (0..).zip(&steps) {
            generation += i64::from(step.edited);
            let now = Timestamp::from_second(1_800_000_000 + second).expect("a time");
            let after = taken(step, &before, Some(generation), now);
            prop_assert_eq!(broken(&after, generation), None, "{:#?} after {:#?}", after, before);
            for condition in &after {
                let since = before.iter().find(|c| c.type_ == condition.type_ && c.status == condition.status);
                let expected = since.map_or(now, |c| c.last_transition_time.0);
                prop_assert_eq!(condition.last_transition_time.0, expected, "of {:#?} after {:#?}", after, before);
            }
            // A waiting client sees no failure that ends by itself, and does not wait on a failure that does not.
            let verdict = kstatus(&after);
            prop_assert_eq!(verdict == "Failed", status(&after, "Stalled").is_some());
            prop_assert_eq!(verdict == "Current", status(&after, "Ready") == Some("True"));
            before = after;
        }
    }
}

/// The rules above can be broken.
#[test]
fn each_rule_can_be_broken() {
    let condition = |type_: &str, status: &str| Condition {
        type_: type_.to_owned(),
        status: status.to_owned(),
        observed_generation: Some(2),
        last_transition_time: k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(Timestamp::UNIX_EPOCH),
        reason: "Same".to_owned(),
        message: "same".to_owned(),
    };
    let succeeded = || condition("Succeeded", "Unknown");
    let finished = || condition("Finished", "True");
    for (all, rule) in [
        (vec![condition("Ready", "True"), condition("Stalled", "True"), succeeded()], "FAIL0001"),
        (vec![succeeded()], "FAIL0002"),
        (vec![condition("Ready", "Unknown"), condition("Stalled", "True"), succeeded()], "FAIL0004"),
        (
            vec![
                condition("Ready", "False"),
                condition("Stalled", "True"),
                condition("Reconciling", "True"),
                succeeded(),
            ],
            "FAIL0005",
        ),
        (vec![Condition { observed_generation: Some(1), ..condition("Ready", "True") }, succeeded()], "FAIL0006"),
        (vec![condition("Ready", "Unknown"), succeeded()], "FAIL0011"),
        (
            vec![
                condition("Ready", "False"),
                Condition { reason: "Other".to_owned(), ..condition("Stalled", "True") },
                succeeded(),
            ],
            "WARN0002",
        ),
        (vec![condition("Ready", "False"), condition("Reconciling", "False"), succeeded()], "WARN0003"),
        (vec![condition("Ready", "False"), condition("Stalled", "False"), succeeded()], "WARN0004"),
        (vec![condition("Ready", "False"), succeeded()], "not Ready has a cause"),
        (vec![condition("Ready", "True"), succeeded()], "Finished is always there"),
        (
            vec![condition("Ready", "True"), condition("Succeeded", "True"), condition("Finished", "False")],
            "who succeeded",
        ),
        (
            vec![condition("Ready", "False"), condition("Reconciling", "True"), succeeded(), finished()],
            "a selection that is Reconciling",
        ),
        (vec![condition("Ready", "True"), succeeded(), finished()], "Ready and Finished"),
    ] {
        let found = broken(&all, 2).unwrap_or_default();
        assert!(found.starts_with(rule), "expected {rule}, found '{found}' in {all:#?}");
    }
}
