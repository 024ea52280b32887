//! Which runs hold a permit of the concurrency limiter, and which may start.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::effective::instance_type;
use api::{ModelSelectionSpec, ModelSelectionStatus, Reason, RunState, RunStatus};

/// Whether the run holds a permit: its own tuning job is running, or may have been created.
pub fn holds_permit(run: &RunStatus) -> bool {
    !run.attached && (run.state.active() || may_have_job(run))
}

/// Whether the run waits although its tuning job may exist: the response to Create was lost.
pub fn may_have_job(run: &RunStatus) -> bool {
    run.state == RunState::Waiting && run.tuning_job_name.is_some()
}

/// The number of permits that a selection holds: its jobs that are running or may exist, and superseded ones that have
/// not ended.
pub fn permits_held(status: &ModelSelectionStatus) -> usize {
    status.runs.iter().filter(|run| holds_permit(run)).count() + status.superseded.len()
}

/// The selection's own concurrency limit of tuning jobs.
pub fn own_limit(spec: &ModelSelectionSpec) -> usize {
    usize::try_from(spec.max_concurrent_tuning_jobs).unwrap_or(1)
}

/// The runs that would start at once if permits were available: they wait, but not for a person.
pub fn startable<'a>(
    spec: &'a ModelSelectionSpec,
    runs: &'a [RunStatus],
) -> impl Iterator<Item = (usize, &'a RunStatus)> {
    // A run whose candidate is not in the spec waits for its selector.
    let decided: HashSet<&str> = spec.candidates.iter().map(|candidate| candidate.name.as_str()).collect();
    let startable = move |run: &RunStatus| {
        run.state == RunState::Waiting
            && !run.attached
            && decided.contains(run.candidate.as_str())
            && run.definition.is_some()
            && !run.reason.is_some_and(Reason::needs_person)
    };
    runs.iter().enumerate().filter(move |(_, run)| !spec.suspend && startable(run))
}

/// The instance type of each run, by which SageMaker counts quotas: a candidate may override it.
pub struct InstanceTypes<'a> {
    of_selection: &'a str,
    own: HashMap<&'a str, &'a str>,
}

impl<'a> InstanceTypes<'a> {
    /// The instance types of a selection.
    pub fn of(spec: &'a ModelSelectionSpec) -> Self {
        let differ = spec.candidates.iter().filter(|candidate| candidate.overrides.training.is_some());
        let own = differ.map(|candidate| (candidate.name.as_str(), instance_type(spec, candidate)));
        Self { of_selection: &spec.training.instance_type, own: own.collect() }
    }

    /// The instance type of a run.
    pub fn of_run(&self, run: &RunStatus) -> &'a str {
        self.own.get(run.candidate.as_str()).copied().unwrap_or(self.of_selection)
    }
}

/// What a selection holds of the shared permits, and what it wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Permits that it holds, by instance type.
    pub held: BTreeMap<String, usize>,
    /// Further permits that it would use at once, by instance type, in the order of its runs.
    pub wanted: Vec<(String, usize)>,
    /// Whether a run has had a permit before.
    pub served: bool,
}

impl Claim {
    /// The claim of a selection whose runs in `wanting` would start at once.
    pub fn of<'r>(
        spec: &ModelSelectionSpec,
        status: &ModelSelectionStatus,
        wanting: impl Iterator<Item = &'r RunStatus>,
    ) -> Self {
        let types = InstanceTypes::of(spec);
        let mut claim = Self { served: status.runs.iter().any(was_served), ..Self::default() };
        let running = status.runs.iter().filter(|run| holds_permit(run)).map(|run| types.of_run(run));
        // The instance type of a superseded job is not known any more.
        let superseded = status.superseded.iter().map(|_| types.of_selection);
        for instance_type in running.chain(superseded) {
            *claim.held.entry(instance_type.to_owned()).or_default() += 1;
        }
        for instance_type in wanting.map(|run| types.of_run(run)) {
            match claim.wanted.iter_mut().find(|(known, _)| known == instance_type) {
                Some((_, count)) => *count += 1,
                None => claim.wanted.push((instance_type.to_owned(), 1)),
            }
        }
        claim
    }
}

fn was_served(run: &RunStatus) -> bool {
    !run.attached && (holds_permit(run) || run.state.ended() || run.attempt > 0)
}

/// The runs whose jobs a pass creates, by index in the order of creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Runs that already hold a permit: the response to Create was lost. They come first.
    pub repeated: Vec<usize>,
    /// Runs that get a permit now.
    pub fresh: Vec<usize>,
    /// Runs that lack only a permit.
    pub queued: Vec<usize>,
}

/// Sorts the runs whose requests are `ready` (indices, those to try first in front) by what happens to them. `granted`
/// is called with the fresh runs that want a permit, and returns which of them get one, in the same order. At most
/// `most` runs are chosen.
pub fn choose(
    runs: &[RunStatus],
    ready: &[usize],
    room: usize,
    most: usize,
    granted: impl FnOnce(&[usize]) -> Vec<usize>,
) -> Choice {
    let (unsure, fresh): (Vec<usize>, Vec<usize>) = ready.iter().partition(|&&index| holds_permit(&runs[index]));
    let mut now = granted(&fresh[..fresh.len().min(room)]);
    let queued = fresh.into_iter().filter(|index| !now.contains(index)).collect();
    let place = |index: Option<&usize>| index.and_then(|index| ready.iter().position(|ready| ready == index));
    let repeated: Vec<usize> = match (place(unsure.first()), place(now.first())) {
        // The only one to be tried: one that has failed must not keep the others from it.
        (Some(unsure), Some(fresh)) if most == 1 && fresh < unsure => Vec::new(),
        _ => unsure.into_iter().take(most).collect(),
    };
    now.truncate(most - repeated.len());
    Choice { repeated, fresh: now, queued }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(state: RunState, named: bool) -> RunStatus {
        RunStatus { state, tuning_job_name: named.then(|| "ms-a".to_owned()), ..RunStatus::default() }
    }

    #[test]
    fn a_run_holds_a_permit_from_the_intent_to_create_until_its_job_has_ended() {
        use RunState::{Failed, Running, Stopped, Stopping, Succeeded, Waiting};
        for (state, named, holds) in [
            (Waiting, false, false),
            (Waiting, true, true),
            (Running, true, true),
            (Stopping, true, true),
            (Succeeded, true, false),
            (Failed, true, false),
            (Stopped, true, false),
        ] {
            assert_eq!(holds_permit(&run(state, named)), holds, "{state:?} {named}");
            let attached = RunStatus { attached: true, ..run(state, named) };
            assert!(!holds_permit(&attached), "a tuning job that the spec refers to: {state:?}");
        }
    }

    #[test]
    fn lost_responses_come_first_and_the_rest_wait_for_permits() {
        let waiting = |named| run(RunState::Waiting, named);
        let runs = [waiting(false), waiting(true), waiting(false), waiting(false)];
        let first_two = |wanted: &[usize]| wanted.iter().copied().take(2).collect();
        let choice = |ready: &[usize], most| choose(&runs, ready, 3, most, first_two);
        assert_eq!(choice(&[0, 1, 2, 3], 16), Choice { repeated: vec![1], fresh: vec![0, 2], queued: vec![3] });
        assert_eq!(choice(&[0, 1, 2, 3], 2), Choice { repeated: vec![1], fresh: vec![0], queued: vec![3] });
        assert_eq!(choice(&[0, 2, 3], 16), Choice { repeated: vec![], fresh: vec![0, 2], queued: vec![3] });
        assert_eq!(choice(&[], 16), Choice::default());
        // Of one to be tried, the order decides.
        assert_eq!(choice(&[1, 0], 1), Choice { repeated: vec![1], fresh: vec![], queued: vec![] });
        assert_eq!(choice(&[0, 1], 1), Choice { repeated: vec![], fresh: vec![0], queued: vec![] });
        let other = choose(&runs, &[0, 2, 3], 2, 16, |wanted| wanted[1..].to_vec());
        assert_eq!(
            other,
            Choice { repeated: vec![], fresh: vec![2], queued: vec![0, 3] },
            "a run of another type waits"
        );
    }

    #[test]
    fn a_claim_counts_by_the_effective_instance_type_of_a_run() {
        let mut spec = samples::spec();
        let own = serde_json::json!({"instanceType": "ml.c5.xlarge"});
        spec.candidates[1].overrides.training = serde_json::from_value(own).unwrap();
        let [first, second] = [0, 1].map(|index| spec.candidates[index].name.clone());
        let of = |candidate: &str, state| RunStatus { candidate: candidate.to_owned(), ..run(state, true) };
        let (gpu, cpu) = (spec.training.instance_type.clone(), "ml.c5.xlarge".to_owned());
        let waiting = [&second, &first, &second].map(|name| of(name, RunState::Waiting));
        let mut status = ModelSelectionStatus { runs: vec![of(&second, RunState::Running)], ..Default::default() };
        status.superseded.push(api::SupersededJob::default());
        let claim = Claim::of(&spec, &status, waiting.iter());
        assert_eq!(claim.held, BTreeMap::from([(gpu.clone(), 1), (cpu.clone(), 1)]));
        assert_eq!((claim.wanted, claim.served), (vec![(cpu, 2), (gpu, 1)], true));
        assert!(!Claim::of(&spec, &ModelSelectionStatus::default(), [].iter()).served);
    }
}
