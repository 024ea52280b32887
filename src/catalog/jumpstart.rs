//! What a JumpStart model puts into a training job, as the vendor's `JumpStartEstimator` does it.
//!
//! In a container without network the script comes as the channel `code`; with network it is fetched by the container.

use std::collections::BTreeMap;

use super::model::Model;
use super::python;
use super::resolve::Problem;
use crate::api::{InputMode, Reason};
use crate::tuning::InputChannel;

/// Where the channel `code` lies in the container.
const SCRIPT_IN_CONTAINER: &str = "/opt/ml/input/data/code/sourcedir.tar.gz";
/// Which file of the script is run, and how much it logs: the vendor's estimator has these fixed, whatever the
/// container's hyperparameters of the model say.
const PROGRAM: &str = "transfer_learning.py";
const LOG_LEVEL: &str = "20";
/// The variables by which a container is told of a model that it fetches itself, and that its licence is accepted.
const GATED_ARTIFACT: &str = "SageMakerGatedModelS3Uri";
const ACCEPT_EULA: &str = "accept_eula";

/// Whether the model may be trained: what its publisher withdrew or found vulnerable, the vendor's SDK refuses, too.
pub(super) fn usable(name: &str, model: &Model) -> Result<(), Problem> {
    let why = match model {
        Model { trainable: false, .. } => "cannot be trained; choose one that can be fine-tuned",
        Model { deprecated: true, .. } => "is deprecated; choose another version or model",
        Model { vulnerable: true, .. } => {
            "has a training script with known vulnerabilities; choose another version or model"
        }
        _ => return Ok(()),
    };
    Err((Reason::ModelNotTrainable, format!("{name} {why}")))
}

/// Whether the licence of the model is accepted, if it has one.
pub(super) fn gate(name: &str, model: &Model, accepted: bool) -> Result<(), Problem> {
    if accepted || !model.gated {
        return Ok(());
    }
    let at = model.licence.as_ref().map(|uri| format!(" ({uri})")).unwrap_or_default();
    let message = format!("{name} needs acceptance of its licence{at}: set `jumpStart.acceptEULA: true`");
    Err((Reason::ModelNotTrainable, message))
}

/// The training image of a model that is [on](Model::on) that instance type.
pub(super) fn image(name: &str, model: &Model, instance_type: &str) -> Result<String, Problem> {
    model.image.clone().ok_or_else(|| {
        let message = format!(
            "{name} has no training image for `training.instanceType` '{instance_type}'; it supports {}",
            model.instance_types.join(", ")
        );
        (Reason::UnsupportedInstanceType, message)
    })
}

/// The defaults of the algorithm's hyperparameters; those of the container are set by [`add_script`].
pub(super) fn defaults(model: &Model) -> BTreeMap<String, String> {
    let algorithm = model.hyperparameters.iter().filter(|hyperparameter| !hyperparameter.container);
    algorithm.filter_map(|known| Some((known.name.clone(), known.default.clone()?))).collect()
}

/// The variables of the model; those of the user go before them.
pub(super) fn environment(model: &Model, accepted: bool) -> BTreeMap<String, String> {
    let mut environment = model.environment.clone();
    if let Some(artifact) = &model.gated_artifact {
        environment.insert(GATED_ARTIFACT.to_owned(), artifact.clone());
    }
    if accepted && model.gated {
        environment.insert(ACCEPT_EULA.to_owned(), "true".to_owned());
    }
    environment
}

/// Where a job runs the script.
pub(super) struct Place<'a> {
    pub(super) job_name: &'a str,
    pub(super) region: &'a str,
    /// Whether the container has no network.
    pub(super) isolated: bool,
    /// Whether the licence of the model is accepted.
    pub(super) accepted: bool,
}

/// Adds the script and the pre-trained model. In script mode each value is JSON, so that words are quoted.
pub(super) fn add_script(
    model: &Model,
    place: &Place<'_>,
    hyperparameters: &mut BTreeMap<String, String>,
    channels: &mut Vec<InputChannel>,
) -> Result<(), Problem> {
    if let Some(taken) = channels.iter().find(|channel| ["model", "code"].contains(&channel.name.as_str())) {
        let message =
            format!("channel '{}' is added by the operator for JumpStart models; give yours another name", taken.name);
        return Err((Reason::InvalidRequest, message));
    }
    hyperparameters.values_mut().for_each(|value| *value = python::json(value));
    let Some(script) = &model.script else { return Ok(()) };
    let directory = if place.isolated { SCRIPT_IN_CONTAINER } else { script };
    for (name, value) in [
        ("sagemaker_submit_directory", python::json(directory)),
        ("sagemaker_program", python::json(PROGRAM)),
        ("sagemaker_container_log_level", LOG_LEVEL.to_owned()),
        ("sagemaker_job_name", python::json(place.job_name)),
        ("sagemaker_region", python::json(place.region)),
    ] {
        hyperparameters.insert(name.to_owned(), value);
    }
    if let Some(artifact) = &model.artifact {
        channels.push(InputChannel {
            name: "model".to_owned(),
            s3_uri: artifact.clone(),
            content_type: Some("application/x-sagemaker-model".to_owned()),
            input_mode: Some(InputMode::File),
            // The bucket of such a model is read only with this on the channel; the vendor's tuner leaves it out, its
            // estimator has it.
            accept_eula: place.accepted && model.gated,
        });
    }
    if place.isolated {
        channels.push(InputChannel {
            name: "code".to_owned(),
            s3_uri: script.clone(),
            content_type: None,
            input_mode: None,
            accept_eula: false,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::document::tests::bit;

    #[test]
    fn a_licence_must_be_accepted() {
        let gated = Model { gated: true, licence: Some("s3://bucket/licence.txt".to_owned()), ..bit() };
        let (reason, message) = gate("model 'llama' 1.0.0", &gated, false).unwrap_err();
        assert_eq!(reason, Reason::ModelNotTrainable);
        assert_eq!(
            message,
            "model 'llama' 1.0.0 needs acceptance of its licence (s3://bucket/licence.txt): set `jumpStart.acceptEULA: \
             true`"
        );
        assert_eq!(gate("llama", &gated, true), Ok(()));
        assert_eq!(gate("bit", &bit(), false), Ok(()));
        assert_eq!(environment(&gated, true), [("accept_eula".to_owned(), "true".to_owned())].into());
        assert_eq!(environment(&bit(), true), BTreeMap::new());
    }

    #[test]
    fn what_its_publisher_took_back_is_not_trained() {
        assert_eq!(usable("bit", &bit()), Ok(()));
        for (model, text) in [
            (Model { trainable: false, ..bit() }, "cannot be trained"),
            (Model { deprecated: true, ..bit() }, "is deprecated"),
            (Model { vulnerable: true, ..bit() }, "vulnerabilities"),
        ] {
            let (reason, message) = usable("bit", &model).unwrap_err();
            assert_eq!(reason, Reason::ModelNotTrainable);
            assert!(message.contains(text), "{message}");
        }
    }
}
