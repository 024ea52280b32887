//! Selects the training job to deploy.

use api::{BestTrainingJob, Front, ModelSelection, RunStatus, Trials};
use decide::suggest::there_are;

use crate::refusal::Refusal;

/// What the user requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// The dataset; optional if there is only one.
    pub dataset: Option<&'a str>,
    /// The candidate; default: the recommended one.
    pub candidate: Option<&'a str>,
    /// The image that serves it; default: the one in the status.
    pub image: Option<&'a str>,
    /// The instance type to serve it on; default: the one of its description, otherwise the one it was trained on.
    pub instance_type: Option<&'a str>,
}

/// A candidate on a dataset, and its training job.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The dataset.
    pub dataset: String,
    /// The candidate.
    pub candidate: String,
    /// The training job.
    pub job: Job,
}

/// A training job, as far as the status contains it.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    /// The status contains it.
    Known(Box<BestTrainingJob>),
    /// Only the table of its run contains it.
    InTable {
        /// The table.
        table: Trials,
        /// The name of the training job.
        name: String,
    },
}

/// The requested training job: that of the recommended candidate, unless another one is named.
///
/// # Errors
/// If there is no such candidate, or it has nothing to deploy.
pub fn choose(selection: &ModelSelection, wish: &Wish<'_>) -> Result<Choice, Refusal> {
    let front = front(selection, wish.dataset)?;
    let recommended = front.recommendation.as_ref();
    let candidate = match (wish.candidate, recommended.map(|of| (of.candidate.as_deref(), &of.message))) {
        (Some(candidate), _) | (None, Some((Some(candidate), _))) => candidate,
        (None, Some((None, message))) => return Err(Refusal::NotRecommended(message.clone())),
        (None, None) => return Err(Refusal::NoFront { name: name(selection), dataset: front.dataset.clone() }),
    };
    let of_candidate = recommended.filter(|of| of.candidate.as_deref() == Some(candidate));
    let known = of_candidate.and_then(|of| of.training_job.as_ref()).filter(|job| job.model_artifact_s3_uri.is_some());
    let job = match known {
        Some(job) => Job::Known(Box::new(job.clone())),
        None => of_run(selection, front, candidate)?,
    };
    Ok(Choice { dataset: front.dataset.clone(), candidate: candidate.to_owned(), job })
}

fn name(selection: &ModelSelection) -> String {
    selection.metadata.name.clone().unwrap_or_default()
}

/// The front of the dataset, which is optional if there is only one.
fn front<'a>(selection: &'a ModelSelection, dataset: Option<&str>) -> Result<&'a Front, Refusal> {
    let datasets: Vec<&str> = selection.spec.datasets.iter().map(|dataset| dataset.name.as_str()).collect();
    let dataset = match (dataset, datasets.as_slice()) {
        (Some(dataset), known) if known.contains(&dataset) => dataset,
        (Some(dataset), _) => {
            return Err(Refusal::NoDataset { dataset: dataset.to_owned(), known: there_are(datasets.iter().copied()) });
        }
        (None, [only]) => only,
        (None, _) => return Err(Refusal::WhichDataset(datasets.join(", "))),
    };
    let fronts = selection.status.iter().flat_map(|status| &status.fronts);
    let front = fronts.into_iter().find(|front| front.dataset == dataset);
    front.ok_or_else(|| Refusal::NoFront { name: name(selection), dataset: dataset.to_owned() })
}

/// The training job of the candidate's run: with `collect: All` the first one that is on the front, else the best one.
fn of_run(selection: &ModelSelection, front: &Front, candidate: &str) -> Result<Job, Refusal> {
    let runs = selection.status.iter().flat_map(|status| &status.runs).filter(|run| run.dataset == front.dataset);
    let runs: Vec<&RunStatus> = runs.collect();
    let Some(run) = runs.iter().find(|run| run.candidate == candidate) else {
        if selection.spec.candidates.iter().any(|known| known.name == candidate && known.observed.is_some()) {
            return Err(Refusal::MeasuredElsewhere(candidate.to_owned()));
        }
        let known: Vec<&str> = runs.iter().filter(|run| run.best.is_some()).map(|run| run.candidate.as_str()).collect();
        return Err(Refusal::NoCandidate { candidate: candidate.to_owned(), known: known.join(", ") });
    };
    let Some(best) = &run.best else {
        return Err(Refusal::NoResult { candidate: candidate.to_owned(), state: run.state.as_str() });
    };
    let member = front.members.iter().find(|member| member.candidate == candidate);
    let on_front = member.and_then(|member| member.training_job_name.as_ref());
    match (on_front.filter(|name| **name != best.training_job_name), &run.trials) {
        (Some(name), Some(trials)) => Ok(Job::InTable { table: trials.clone(), name: name.clone() }),
        _ => Ok(Job::Known(Box::new(best.clone()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tests::sample::{selection, two_datasets};

    fn chosen(selection: &ModelSelection, candidate: Option<&str>, dataset: Option<&str>) -> Result<Choice, String> {
        let wish = Wish { dataset, candidate, ..Wish::default() };
        choose(selection, &wish).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn the_recommended_candidate_unless_another_is_named() {
        let selection = selection(json!({}));
        let job = |choice: Choice| match choice.job {
            Job::Known(job) => job.training_job_name,
            other @ Job::InTable { .. } => panic!("{other:?}"),
        };
        assert_eq!(job(chosen(&selection, None, None).unwrap()), "mobilenet-v2-100-160-001");
        let other = chosen(&selection, Some("efficientnet-v2-imagenet21k-m"), None).unwrap();
        assert_eq!(job(other), "efficientnet-v2-imagenet21k-m-001", "also one that is dominated");
    }

    /// A run whose best training job is not the one on the front.
    fn tried(recommendation: &serde_json::Value) -> ModelSelection {
        selection(json!({
            "runs": [{
                "candidate": "tried", "dataset": "caltech256", "state": "Succeeded",
                "best": {"trainingJobName": "tried-001"}, "trials": {"configMap": "table", "count": 2},
            }],
            "fronts": [{"dataset": "caltech256", "recommendation": recommendation, "members": [
                {"candidate": "tried", "trainingJobName": "tried-002", "values": ["0.9", "2"]},
            ]}],
        }))
    }

    #[test]
    fn with_all_trials_the_one_on_the_front_is_looked_up() {
        let without_model = json!({
            "candidate": "tried", "rule": "Knee", "message": "", "trainingJob": {"trainingJobName": "tried-002"},
        });
        let table = Trials { config_map: "table".into(), count: 2 };
        for (recommendation, candidate) in [(json!(null), Some("tried")), (without_model, None)] {
            let job = chosen(&tried(&recommendation), candidate, None).unwrap().job;
            assert_eq!(job, Job::InTable { table: table.clone(), name: "tried-002".into() });
        }
    }

    #[test]
    fn what_cannot_be_deployed_is_explained() {
        let one = selection(json!({}));
        for (selection, candidate, dataset, expected) in [
            (&one, None, Some("birds"), "there is no dataset 'birds'; there is caltech256"),
            (&two_datasets(), None, None, "which dataset: caltech256, flowers? name one with --dataset"),
            (&two_datasets(), None, Some("flowers"), "has no front for dataset 'flowers' yet"),
            (&one, Some("resnet"), None, "no candidate 'resnet' has a result"),
            (&one, Some("mobilenet-v1-075-128"), None, "candidate 'mobilenet-v1-075-128' has no result: it is Failed"),
        ] {
            let refusal = chosen(selection, candidate, dataset).unwrap_err();
            assert!(refusal.contains(expected), "{refusal}");
        }
        let nothing = json!({"fronts": [{"dataset": "caltech256", "members": [], "recommendation": {
            "rule": "Knee", "message": "no member of the front has enough; relax `recommend.atLeast`",
        }}]});
        let refusal = chosen(&selection(nothing), None, None).unwrap_err();
        assert!(refusal.contains("relax `recommend.atLeast`") && refusal.contains("--candidate"), "{refusal}");
    }
}
