//! Descriptions of models, from the hub or from JumpStart's bucket, whatever is in them: no panic, and either a request
//! within SageMaker's limits or a problem that the status can say.
#![no_main]

use api::{JumpStartSelector, RunStatus};
use catalog::{Buckets, Model, from_document, from_spec, job_request, unusable};
use decide::fingerprint::{Definition, Source};
use decide::derived::Derivations;
use decide::run::{RunEvent, after};
use libfuzzer_sys::fuzz_target;
use modelselection_fuzz::{REGION, faults, identity, object, recorded, spec};

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
            let written = recorded(&spec, Default::default(), vec![run], Vec::new());
            assert_eq!(faults(&object(&spec, &written)), [""; 0], "the server refuses what is written");
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let of_bucket = from_spec(text, REGION, &Buckets::of(REGION));
    for model in from_document(text).into_iter().chain(of_bucket) {
        let _ = unusable(&JumpStartSelector::default(), &model);
        requested(&model);
    }
});
