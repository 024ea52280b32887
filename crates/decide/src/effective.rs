//! The training and tuning of one candidate: those of the selection, with the candidate's overrides.
//!
//! The rule is that of a JSON merge patch: a field that the candidate sets replaces the selection's, maps and objects
//! merge key by key, lists are replaced.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::problem::Problem;
use api::{Candidate, EarlyStopping, Hyperband, ModelSelectionSpec, Reason, Strategy, Training, Tuning};

/// SageMaker's limit on the training jobs of a tuning job, except for the strategy Random.
pub(super) const MOST_TRAINING_JOBS: i32 = 750;

/// The selection with the overrides of `candidate` applied to its training and tuning. If the candidate has overrides,
/// the result has no other candidates.
///
/// # Errors
/// The merged training or tuning violates a rule that the schema has for those of a selection.
pub fn for_candidate<'a>(
    spec: &'a ModelSelectionSpec,
    candidate: &Candidate,
) -> Result<Cow<'a, ModelSelectionSpec>, Problem> {
    if candidate.overrides.training.is_none() && candidate.overrides.tuning.is_none() {
        return Ok(Cow::Borrowed(spec));
    }
    let training = training(spec, candidate)?.into_owned();
    let tuning = tuning(spec, candidate)?.into_owned();
    let checked = check_training(&training).and_then(|()| check_tuning(&tuning));
    checked.and_then(|()| check_objective(spec, &tuning)).map_err(|why| of_candidate(candidate, &why))?;
    // Built field by field, because a clone would copy up to 512 candidates.
    Ok(Cow::Owned(ModelSelectionSpec {
        candidates: vec![candidate.clone()],
        candidate_selectors: Vec::new(),
        training,
        tuning,
        region: spec.region.clone(),
        execution_role_arn: spec.execution_role_arn.clone(),
        objectives: spec.objectives.clone(),
        recommend: spec.recommend.clone(),
        constraints: spec.constraints.clone(),
        derived_metrics: spec.derived_metrics.clone(),
        prices: spec.prices.clone(),
        collect: spec.collect,
        tags: spec.tags.clone(),
        datasets: spec.datasets.clone(),
        max_concurrent_tuning_jobs: spec.max_concurrent_tuning_jobs,
        retries: spec.retries,
        suspend: spec.suspend,
        suspend_policy: spec.suspend_policy,
        deletion_policy: spec.deletion_policy,
        ready_policy: spec.ready_policy,
        result_config_map: spec.result_config_map.clone(),
        rerun: spec.rerun.clone(),
    }))
}

/// The training of `candidate`.
///
/// # Errors
/// The override does not fit the type, which the schema prevents.
pub fn training<'a>(spec: &'a ModelSelectionSpec, candidate: &Candidate) -> Result<Cow<'a, Training>, Problem> {
    let Some(patch) = &candidate.overrides.training else { return Ok(Cow::Borrowed(&spec.training)) };
    let merged = patch.apply(&spec.training);
    merged.map(Cow::Owned).map_err(|error| of_candidate(candidate, &format!("`training`: {error}")))
}

/// The tuning of `candidate`.
///
/// # Errors
/// The override does not fit the type, which the schema prevents.
pub fn tuning<'a>(spec: &'a ModelSelectionSpec, candidate: &Candidate) -> Result<Cow<'a, Tuning>, Problem> {
    let Some(patch) = &candidate.overrides.tuning else { return Ok(Cow::Borrowed(&spec.tuning)) };
    let merged = patch.apply(&spec.tuning);
    merged.map(Cow::Owned).map_err(|error| of_candidate(candidate, &format!("`tuning`: {error}")))
}

/// The instance type of `candidate`, whose quota its job uses.
pub fn instance_type<'a>(spec: &'a ModelSelectionSpec, candidate: &'a Candidate) -> &'a str {
    let own = candidate.overrides.training.as_ref().and_then(|training| training.text(&["instanceType"]));
    own.unwrap_or(&spec.training.instance_type)
}

/// All instance types that a training job of the selection may run on.
pub fn instance_types(spec: &ModelSelectionSpec) -> BTreeSet<String> {
    let of = |training: &Training| {
        let fallbacks = training.instance_fallbacks.iter().map(|fallback| fallback.instance_type.clone());
        fallbacks.chain([training.instance_type.clone()]).collect::<Vec<_>>()
    };
    if spec.candidates.is_empty() {
        return of(&spec.training).into_iter().collect();
    }
    let trained = spec.candidates.iter().filter(|candidate| candidate.observed.is_none());
    trained.filter_map(|candidate| training(spec, candidate).ok()).flat_map(|own| of(&own)).collect()
}

/// The metrics that SageMaker optimizes in the searches of the selection.
pub fn objective_metrics(spec: &ModelSelectionSpec) -> impl Iterator<Item = &str> {
    let own = spec
        .candidates
        .iter()
        .filter_map(|candidate| candidate.overrides.tuning.as_ref()?.text(&["objective", "metric"]));
    own.chain([spec.tuning.objective.metric.as_str()])
}

fn of_candidate(candidate: &Candidate, why: &str) -> Problem {
    Problem::new(
        Reason::InvalidSpec,
        format!("`candidates` entry '{}' with the selection's fields: {why}", candidate.name),
    )
}

/// The schema's rules for the training of a selection.
fn check_training(training: &Training) -> Result<(), String> {
    let Training { instance_type, instance_fallbacks, training_plan_arn, .. } = training;
    if instance_fallbacks.iter().any(|fallback| fallback.instance_type == *instance_type) {
        return Err(format!("`training.instanceFallbacks` must be other types than `instanceType` '{instance_type}'"));
    }
    if training_plan_arn.is_some() && !instance_fallbacks.is_empty() {
        return Err("`training.trainingPlanARN` must be left out when `instanceFallbacks` is set".to_owned());
    }
    Ok(())
}

/// SageMaker optimizes a metric of the logs.
fn check_objective(spec: &ModelSelectionSpec, tuning: &Tuning) -> Result<(), String> {
    let metric = &tuning.objective.metric;
    if spec.derived_metrics.iter().any(|derived| derived.name == *metric) {
        return Err(format!(
            "`tuning.objective.metric` '{metric}' must be a metric of the logs: SageMaker knows no `derivedMetrics`"
        ));
    }
    Ok(())
}

/// The schema's rules for the tuning of a selection.
fn check_tuning(tuning: &Tuning) -> Result<(), String> {
    let Tuning { strategy, max_training_jobs, max_parallel_training_jobs, early_stopping, hyperband, .. } = tuning;
    let strategy = strategy.unwrap_or_default();
    let parallel = max_parallel_training_jobs.unwrap_or(1);
    let why = match (strategy, max_training_jobs) {
        (Strategy::Bayesian | Strategy::Random | Strategy::Hyperband, None) => {
            "`tuning.maxTrainingJobs` must be set unless `strategy` is 'Grid'".to_owned()
        }
        (_, Some(jobs)) if parallel > *jobs => {
            format!("`tuning.maxParallelTrainingJobs` {parallel} must be at most `maxTrainingJobs` {jobs}")
        }
        (Strategy::Bayesian | Strategy::Hyperband | Strategy::Grid, Some(jobs)) if *jobs > MOST_TRAINING_JOBS => {
            format!(
                "`tuning.maxTrainingJobs` {jobs} must be at most {MOST_TRAINING_JOBS} unless `strategy` is 'Random'"
            )
        }
        (Strategy::Hyperband, _) if *early_stopping == Some(EarlyStopping::Auto) => {
            "`tuning.earlyStopping` must be 'Off' when `strategy` is 'Hyperband'".to_owned()
        }
        (Strategy::Hyperband, _) if hyperband.as_ref().is_some_and(crossed) => {
            "`tuning.hyperband.minResource` must be less than `maxResource`".to_owned()
        }
        (Strategy::Bayesian | Strategy::Random | Strategy::Grid, _) if hyperband.is_some() => {
            "`tuning.strategy` must be 'Hyperband' when `hyperband` is set".to_owned()
        }
        _ => return Ok(()),
    };
    Err(why)
}

fn crossed(Hyperband { min_resource, max_resource }: &Hyperband) -> bool {
    min_resource.zip(*max_resource).is_some_and(|(min, max)| min >= max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use samples::spec;
    use serde_json::{Value, json};

    fn with(training: Value, tuning: Value) -> (ModelSelectionSpec, Candidate) {
        let spec = spec();
        let mut candidate = spec.candidates[0].clone();
        candidate.overrides.training = serde_json::from_value(training).unwrap();
        candidate.overrides.tuning = serde_json::from_value(tuning).unwrap();
        (spec, candidate)
    }

    #[test]
    fn a_candidate_without_overrides_has_the_settings_of_the_selection() {
        let spec = spec();
        assert!(matches!(for_candidate(&spec, &spec.candidates[0]), Ok(Cow::Borrowed(_))));
        assert_eq!(instance_type(&spec, &spec.candidates[0]), spec.training.instance_type);
    }

    #[test]
    fn a_candidates_own_fields_win() {
        let objective = json!({"objective": {"metric": "validation:auc", "goal": "Maximize"}, "maxTrainingJobs": 9});
        let (mut spec, candidate) = with(json!({"instanceType": "ml.p4d.24xlarge", "instanceCount": 2}), objective);
        let own = for_candidate(&spec, &candidate).unwrap();
        assert_eq!((own.training.instance_type.as_str(), own.training.instance_count), ("ml.p4d.24xlarge", Some(2)));
        assert_eq!(own.training.output_s3_uri, spec.training.output_s3_uri);
        assert_eq!((own.tuning.objective.metric.as_str(), own.tuning.max_training_jobs), ("validation:auc", Some(9)));
        assert_eq!(own.tuning.parameter_ranges, spec.tuning.parameter_ranges);
        assert_eq!(instance_type(&spec, &candidate), "ml.p4d.24xlarge");
        spec.candidates[0] = candidate;
        assert!(objective_metrics(&spec).any(|metric| metric == "validation:auc"));
        assert!(instance_types(&spec).contains("ml.p4d.24xlarge"));
        assert!(instance_types(&spec).contains(&spec.training.instance_type), "the type of the other candidate");
    }

    #[test]
    fn the_merged_settings_are_checked() {
        for (training, tuning, expected) in [
            (
                json!(null),
                json!({"maxParallelTrainingJobs": 99}),
                "`tuning.maxParallelTrainingJobs` 99 must be at most",
            ),
            (json!(null), json!({"maxTrainingJobs": 751}), "`tuning.maxTrainingJobs` 751 must be at most 750"),
            (json!(null), json!({"hyperband": {"maxResource": 9}}), "`tuning.strategy` must be 'Hyperband'"),
            (
                json!(null),
                json!({"strategy": "Hyperband", "earlyStopping": "Auto"}),
                "`tuning.earlyStopping` must be 'Off'",
            ),
            (
                json!(null),
                json!({"strategy": "Hyperband", "hyperband": {"minResource": 9, "maxResource": 9}}),
                "`tuning.hyperband.minResource` must be less than",
            ),
            (
                json!(null),
                json!({"objective": {"metric": "images", "goal": "Maximize"}}),
                "`tuning.objective.metric` 'images' must be a metric of the logs",
            ),
            (json!({"instanceCount": "many"}), json!(null), "`training`: invalid type"),
            (
                json!({"instanceFallbacks": [{"instanceType": spec().training.instance_type}]}),
                json!(null),
                "`training.instanceFallbacks` must be other types",
            ),
        ] {
            let (mut spec, candidate) = with(training, tuning);
            spec.derived_metrics = vec![api::DerivedMetric { name: "images".into(), expression: "1.0".into() }];
            let problem = for_candidate(&spec, &candidate).unwrap_err();
            assert_eq!(problem.reason, Reason::InvalidSpec);
            assert!(problem.message.contains(expected), "{}", problem.message);
            assert!(problem.message.starts_with("`candidates` entry 'mobilenet'"), "{}", problem.message);
        }
        let (spec, candidate) = with(json!(null), json!({"strategy": "Random", "maxTrainingJobs": 751}));
        assert!(for_candidate(&spec, &candidate).is_ok());
    }
}
