//! What a JumpStart model puts into a training job, as the vendor's `JumpStartEstimator` does it.
//!
//! In a container without network the script comes as the channel `code`; with network it is fetched by the container.

use std::collections::BTreeMap;

use super::model::Model;
use super::python;
use super::resolve::Problem;
use crate::api::{Channel, InputMode, JumpStart, Reason};
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

/// Whether the model may be trained: what its publisher withdrew or found vulnerable only when that is allowed, as with
/// the vendor's SDK, and what has a licence only when that is accepted.
pub(super) fn usable(name: &str, model: &Model, terms: &JumpStart) -> Result<(), Problem> {
    let refuse = |reason: Reason, why: String| Err((reason, format!("{name} {why}")));
    match model {
        Model { trainable: false, .. } => {
            refuse(Reason::ModelNotTrainable, "cannot be trained; choose one that can be fine-tuned".to_owned())
        }
        Model { deprecated: true, .. } if !terms.allow_deprecated => refuse(
            Reason::ModelNotTrainable,
            "is deprecated; choose another version or model, or set `jumpStart.allowDeprecated: true`".to_owned(),
        ),
        Model { vulnerable: true, .. } if !terms.allow_vulnerable => refuse(
            Reason::ModelNotTrainable,
            "has a training script with known vulnerabilities; choose another version or model, or set \
             `jumpStart.allowVulnerable: true`"
                .to_owned(),
        ),
        Model { gated: true, licence, .. } if !terms.accept_eula => {
            let at = licence.as_ref().map(|uri| format!(" ({uri})")).unwrap_or_default();
            refuse(
                Reason::EULANotAccepted,
                format!("needs acceptance of its licence{at}: set `jumpStart.acceptEULA: true`"),
            )
        }
        _ => Ok(()),
    }
}

/// The training image of a model that is [on](Model::on) that instance type.
pub(super) fn image(name: &str, model: &Model, field: &str, instance_type: &str) -> Result<String, Problem> {
    model.image.clone().ok_or_else(|| {
        let message = format!(
            "{name} has no training image for {field} '{instance_type}'; it supports {}",
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
    let mut names = channels.iter().map(|channel| channel.channel.name.as_str());
    if let Some(taken) = names.find(|name| ["model", "code"].contains(name)) {
        let message =
            format!("channel '{taken}' is added by the operator for JumpStart models; give yours another name");
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
            channel: Channel {
                name: "model".to_owned(),
                s3_uri: Some(artifact.clone()),
                content_type: Some("application/x-sagemaker-model".to_owned()),
                input_mode: Some(InputMode::File),
                ..Channel::default()
            },
            // The bucket of such a model is read only with this on the channel; the vendor's tuner leaves it out, its
            // estimator has it.
            accept_eula: place.accepted && model.gated,
        });
    }
    if place.isolated {
        let code = Channel { name: "code".to_owned(), s3_uri: Some(script.clone()), ..Channel::default() };
        channels.push(InputChannel { channel: code, accept_eula: false });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::document::tests::bit;

    #[test]
    fn what_must_not_be_trained_says_what_would_allow_it() {
        let gated = Model { gated: true, licence: Some("s3://bucket/licence.txt".to_owned()), ..bit() };
        let nothing = JumpStart::default();
        let all = JumpStart { accept_eula: true, allow_deprecated: true, allow_vulnerable: true, ..nothing.clone() };
        for (model, reason, text) in [
            (Model { deprecated: true, ..bit() }, Reason::ModelNotTrainable, "set `jumpStart.allowDeprecated: true`"),
            (Model { vulnerable: true, ..bit() }, Reason::ModelNotTrainable, "set `jumpStart.allowVulnerable: true`"),
            (
                gated.clone(),
                Reason::EULANotAccepted,
                "its licence (s3://bucket/licence.txt): set `jumpStart.acceptEULA",
            ),
        ] {
            let (found, message) = usable("model 'bit'", &model, &nothing).unwrap_err();
            assert_eq!(found, reason);
            assert!(message.contains(text), "{message}");
            assert_eq!(usable("bit", &model, &all), Ok(()));
        }
        let untrainable = Model { trainable: false, ..bit() };
        assert_eq!(usable("bit", &untrainable, &all).unwrap_err().0, Reason::ModelNotTrainable);
        assert_eq!(usable("bit", &bit(), &nothing), Ok(()));
        assert_eq!(environment(&gated, true), [("accept_eula".to_owned(), "true".to_owned())].into());
        assert_eq!(environment(&bit(), true), BTreeMap::new());
    }
}
