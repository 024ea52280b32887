//! The instances that selections train on: how many at a time, and which have no price.

use std::collections::{BTreeMap, BTreeSet};

use api::{Candidate, ModelSelection, Training, Tuning};
use decide::effective;

/// What SageMaker counts together: a quota.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pool {
    /// The region; `None` is the operator's.
    pub region: Option<String>,
    /// The instance type.
    pub instance_type: String,
    /// Whether it is for managed spot training.
    pub spot: bool,
}

impl Pool {
    /// The name of the quota, as Service Quotas has it.
    pub fn quota(&self) -> String {
        format!("{} for {}training job usage", self.instance_type, if self.spot { "spot " } else { "" })
    }
}

/// Instances of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Those of the largest training job: with a smaller quota it never starts.
    pub one_job: u32,
    /// The most that all selections that are not complete can use at a time.
    pub at_once: u32,
}

/// What selections need of each pool. Of candidates that a selector finds, what the selection itself says.
pub fn demand(selections: &[ModelSelection]) -> BTreeMap<Pool, Demand> {
    let mut all: BTreeMap<Pool, Demand> = BTreeMap::new();
    for (pool, demand) in selections.iter().flat_map(of) {
        let sum = all.entry(pool).or_default();
        sum.one_job = sum.one_job.max(demand.one_job);
        sum.at_once = sum.at_once.saturating_add(demand.at_once);
    }
    all
}

fn of(selection: &ModelSelection) -> BTreeMap<Pool, Demand> {
    let spec = &selection.spec;
    let status = selection.status.as_ref();
    let region = status.and_then(|status| status.region.clone()).or_else(|| spec.region.clone());
    let complete = status.is_some_and(|status| status.completion_time.is_some());
    let mut of_runs: BTreeMap<Pool, Vec<u32>> = BTreeMap::new();
    let mut add = |training: &Training, tuning: &Tuning| {
        let pool = Pool {
            region: region.clone(),
            instance_type: training.instance_type.clone(),
            spot: training.spot.is_some(),
        };
        let instances = positive(training.instance_count);
        let parallel = positive(tuning.max_parallel_training_jobs);
        for _ in &spec.datasets {
            of_runs.entry(pool.clone()).or_default().push(instances.saturating_mul(parallel));
        }
        (pool, instances)
    };
    let mut found: BTreeMap<Pool, Demand> = BTreeMap::new();
    let trained = spec.candidates.iter().filter(|candidate| is_trained(candidate));
    let own = trained.filter_map(|c| Some((effective::training(spec, c).ok()?, effective::tuning(spec, c).ok()?)));
    let mut jobs: Vec<(Pool, u32)> = own.map(|(training, tuning)| add(&training, &tuning)).collect();
    jobs.extend(spec.candidate_selectors.iter().map(|_| add(&spec.training, &spec.tuning)));
    for (pool, instances) in jobs {
        let demand = found.entry(pool).or_default();
        demand.one_job = demand.one_job.max(instances);
    }
    let limit = usize::try_from(spec.max_concurrent_tuning_jobs).unwrap_or(1);
    for (pool, mut runs) in of_runs.into_iter().filter(|_| !complete) {
        runs.sort_unstable_by_key(|instances| std::cmp::Reverse(*instances));
        found.entry(pool).or_default().at_once = runs.into_iter().take(limit).fold(0, u32::saturating_add);
    }
    found
}

/// Whether the operator makes training jobs for a candidate.
fn is_trained(candidate: &Candidate) -> bool {
    candidate.observed.is_none() && candidate.tuning_job_name.is_none()
}

/// SageMaker's default is 1.
fn positive(number: Option<i32>) -> u32 {
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or(1).max(1)
}

/// Whether derived metrics of a selection use prices.
pub fn uses_prices(selection: &ModelSelection) -> bool {
    selection.spec.derived_metrics.iter().any(|metric| metric.expression.contains("prices["))
}

/// Instance types that runs of the selection train on, or may, and that `spec.prices` does not have.
pub fn without_price(selection: &ModelSelection) -> BTreeSet<String> {
    let runs = selection.status.iter().flat_map(|status| &status.runs);
    let trained_on = runs.filter_map(|run| run.best.as_ref()?.instance_type.clone());
    let types = effective::instance_types(&selection.spec).into_iter().chain(trained_on);
    types.filter(|instance_type| !selection.spec.prices.contains_key(instance_type)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn selection() -> ModelSelection {
        let mut selection = ModelSelection::new("one", samples::spec());
        selection.spec.tuning.max_parallel_training_jobs = Some(2);
        selection
    }

    fn pool(instance_type: &str, spot: bool) -> Pool {
        Pool { region: Some("us-west-2".into()), instance_type: instance_type.into(), spot }
    }

    #[test]
    fn what_runs_at_a_time_is_counted_by_pool() {
        let mut one = selection();
        one.spec.candidates[1].overrides.training =
            serde_json::from_value(json!({"instanceType": "ml.g5.xlarge", "instanceCount": 2, "spot": {}})).unwrap();
        let found = demand(&[one.clone(), selection()]);
        let expected = [
            (pool("ml.g5.xlarge", true), Demand { one_job: 2, at_once: 4 }),
            (pool("ml.p3.2xlarge", false), Demand { one_job: 1, at_once: 2 + 4 }),
        ];
        assert_eq!(found, BTreeMap::from(expected));
        one.spec.max_concurrent_tuning_jobs = 1;
        one.spec.candidates.pop();
        assert_eq!(demand(&[one]).into_values().collect::<Vec<_>>(), [Demand { one_job: 1, at_once: 2 }]);
    }

    #[test]
    fn what_is_complete_needs_nothing_more() {
        let mut done = selection();
        let time = crate::tests::sample::complete().status.unwrap().completion_time;
        done.status = Some(api::ModelSelectionStatus { completion_time: time, ..Default::default() });
        assert_eq!(demand(&[done]).into_values().collect::<Vec<_>>(), [Demand { one_job: 1, at_once: 0 }]);
    }

    #[test]
    fn quotas_have_the_names_of_service_quotas() {
        assert_eq!(pool("ml.p3.2xlarge", false).quota(), "ml.p3.2xlarge for training job usage");
        assert_eq!(pool("ml.p3.2xlarge", true).quota(), "ml.p3.2xlarge for spot training job usage");
    }

    #[test]
    fn every_type_in_use_needs_a_price() {
        let mut one = selection();
        assert!(!uses_prices(&one));
        one.spec.derived_metrics =
            vec![api::DerivedMetric { name: "cost".into(), expression: "prices[instanceType]".into() }];
        one.spec.prices = [("ml.g5.xlarge".to_owned(), "1.4".to_owned())].into();
        assert!(uses_prices(&one));
        assert_eq!(without_price(&one), BTreeSet::from(["ml.p3.2xlarge".to_owned()]));
    }
}
