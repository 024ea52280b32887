//! Descriptions of models, from the hub or from JumpStart's bucket, whatever is in them: no panic, and either a request
//! within SageMaker's limits or a problem that the status can say.

use api::{JumpStartSelector, ModelSelectionStatus, RunStatus};
use catalog::{Buckets, Model, from_document, from_spec, job_request, unusable};
use decide::derived::Derivations;
use decide::fingerprint::{Definition, Source};
use decide::run::{RunEvent, after};

use crate::reconcile::{identity, recorded};
use crate::selection::{REGION, assert_accepted, spec};

/// Of the name of a tuning job, and of its hyperparameters, by SageMaker's API.
const NAME: usize = 32;
const HYPERPARAMETERS: usize = 100;

fn requested(model: &Model) {
    let spec = spec();
    let (candidate, dataset) = (&spec.candidates[0], &spec.datasets[0]);
    let source = Source::JumpStart { model_id: "tensorflow-ic-mobilenet".into(), version: "4.0.2".into() };
    let definition = Definition::new(&spec, REGION, dataset, candidate, source);
    let run = RunStatus {
        candidate: candidate.name.clone(),
        dataset: dataset.name.clone(),
        definition: Some(definition.fingerprint()),
        ..RunStatus::default()
    };
    match job_request(&Derivations::new(&spec), &definition, Some(model), &identity(&spec, &run)) {
        Ok(request) => {
            assert!(request.name.len() <= NAME && request.hyperparameters.len() <= HYPERPARAMETERS);
            assert!(request.warning.is_none_or(|warning| warning.len() <= api::bounds::WARNING));
        }
        Err(problem) => {
            let run = after(run, RunEvent::NotResolved(&problem));
            let written = recorded(&spec, ModelSelectionStatus::default(), vec![run], Vec::new());
            assert_accepted(&spec, &written);
        }
    }
}

/// Runs the target; returns whether the text describes a model.
///
/// # Panics
/// If the request exceeds a limit of SageMaker, or if the status cannot say why there is none.
pub fn run(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let of_bucket = from_spec(text, REGION, &Buckets::of(REGION));
    let models: Vec<Model> = from_document(text).into_iter().chain(of_bucket).collect();
    for model in &models {
        let _ = unusable(&JumpStartSelector::default(), model);
        requested(model);
    }
    !models.is_empty()
}
