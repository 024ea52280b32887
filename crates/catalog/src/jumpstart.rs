//! The parts of a training job that come from a JumpStart model, built like the vendor's `JumpStartEstimator` does.
//!
//! In a container without network the script is the channel `code`; with network the container downloads it.

use std::collections::BTreeMap;

use super::model::Model;
use super::python;
use api::{Channel, InputMode, JumpStart, Reason};
use decide::front::is_of_validation;
use decide::problem::Problem;
use decide::suggest;
use sagemaker::{InputChannel, instance_types};

/// The path of the script in the channel `code` in the container.
const SCRIPT_IN_CONTAINER: &str = "/opt/ml/input/data/code/sourcedir.tar.gz";
/// The file of the script to run, and its log level: the vendor's estimator hard-codes both, whatever the model's
/// container hyperparameters say.
const PROGRAM: &str = "transfer_learning.py";
const LOG_LEVEL: &str = "20";
/// The environment variables that name the model which a container downloads itself, and accept its license.
const GATED_ARTIFACT: &str = "SageMakerGatedModelS3Uri";
const ACCEPT_EULA: &str = "accept_eula";

/// Checks that the model may be trained: a deprecated or vulnerable one only if that is allowed, as in the vendor's
/// SDK, and a licensed one only if the license is accepted.
pub(super) fn usable(name: &str, model: &Model, terms: &JumpStart) -> Result<(), Problem> {
    let refuse = |reason: Reason, why: String| Err(Problem::new(reason, format!("{name} {why}")));
    match model {
        Model { trainable: false, trainable_in, .. } if !trainable_in.is_empty() => {
            let regions = trainable_in.join(", ");
            let why = format!("cannot be trained in this region, but in {regions}; set `region` to one of these");
            refuse(Reason::ModelNotTrainable, why)
        }
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
        Model { gated: true, license, .. } if !terms.accept_eula => {
            let at = license.as_ref().map(|uri| format!(" ({uri})")).unwrap_or_default();
            refuse(
                Reason::EULANotAccepted,
                format!("needs acceptance of its license{at}: set `jumpStart.acceptEULA: true`"),
            )
        }
        _ => Ok(()),
    }
}

/// Checks that the dataset has the channel that the script reads its data from. That is `training` for JumpStart's
/// scripts; `LightGBM`'s reads `train` as well (its page in the developer guide). Returns a warning if the dataset has
/// only `train`, which other scripts may read too.
pub(super) fn data(name: &str, model_id: &str, channels: &[Channel]) -> Result<Option<String>, Problem> {
    let there = || channels.iter().map(|channel| channel.name.as_str());
    let has = |wanted: &str| there().any(|channel| channel == wanted);
    if has("training") || (has("train") && model_id.starts_with("lightgbm-")) {
        return Ok(None);
    }
    let reads =
        format!("{name} reads its data from the channel 'training', which the dataset does not have in `channels`");
    if has("train") {
        // Short, so that another warning fits next to it (`bounds::WARNING`).
        return Ok(Some("rename channel 'train' to 'training' unless its script reads it".into()));
    }
    let remedy = match suggest::nearest("training", there()) {
        Some(near) => format!("rename channel '{near}' to 'training'"),
        None => format!("add it; the dataset has {}", suggest::some(there())),
    };
    Err(Problem::new(Reason::InvalidRequest, format!("{reads}; {remedy}")))
}

/// The frameworks and tasks whose scripts use no validation data, for descriptions that do not say so.
const SPLIT_BY_THEMSELVES: [&str; 3] = ["pytorch-ic-", "mxnet-semseg-", "huggingface-spc-"];

/// Whether the script of the model measures on a part of the training data, and not on the channel `validation`.
pub(super) fn splits_by_itself(model: &Model, model_id: &str) -> bool {
    let known = || SPLIT_BY_THEMSELVES.iter().any(|kind| model_id.starts_with(kind));
    model.validates.map_or_else(known, |validates| !validates)
}

/// The warning about a metric that is measured on such a split: the values of two models then come from different data.
pub(super) fn own_split<'a>(metrics: impl IntoIterator<Item = &'a String>) -> Option<String> {
    let metric = metrics.into_iter().find(|metric| is_of_validation(metric))?;
    Some(format!("its script measures '{metric}' on a part of the training data"))
}

/// The training image for an instance type.
///
/// The type must be in SageMaker's list of types, because a variant covers a whole family and would have an image for a
/// type that does not exist. A type that is newer than this operator is accepted if the model's own list has it. This
/// check is skipped for own images: they may support any type, and a wrong type costs nothing, because SageMaker then
/// creates no job.
pub(super) fn image(
    name: &str,
    model: &Model,
    region: &str,
    field: &str,
    instance_type: &str,
) -> Result<String, Problem> {
    let refuse = |message: String| Err(Problem::new(Reason::UnsupportedInstanceType, message));
    let supported = &model.instance_types;
    let listed = supported.iter().any(|supported| supported == instance_type);
    let known = listed || model.variants.contains_key(instance_type) || instance_types().contains(&instance_type);
    let supports = || match supported.len() {
        0 => "its description names none; choose another version or model".to_owned(),
        _ => format!("it supports {}", suggest::some(supported.iter().map(String::as_str))),
    };
    if !known {
        let of_model = suggest::nearest(instance_type, supported.iter().map(String::as_str));
        let near = of_model.or_else(|| suggest::nearest(instance_type, instance_types().iter().copied()));
        let remedy = near.map_or_else(supports, |near| format!("did you mean '{near}'?"));
        return refuse(format!("{field} '{instance_type}' is not an instance type; {remedy}"));
    }
    match model.on(instance_type).image {
        Some(image) => Ok(image),
        None if listed => refuse(format!(
            "{name} supports {field} '{instance_type}', but has no training image for it in {region}; choose another type \
             or region"
        )),
        None => refuse(format!("{name} has no training image for {field} '{instance_type}'; {}", supports())),
    }
}

/// The defaults of the algorithm's hyperparameters; [`add_script`] sets those of the container.
pub(super) fn defaults(model: &Model) -> BTreeMap<String, String> {
    let algorithm = model.hyperparameters.iter().filter(|hyperparameter| !hyperparameter.container);
    algorithm.filter_map(|known| Some((known.name.clone(), known.default.clone()?))).collect()
}

/// The environment variables of the model; the user's variables override them.
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

/// The job that runs the script.
pub(super) struct ScriptContext<'a> {
    pub(super) job_name: &'a str,
    pub(super) region: &'a str,
    /// Whether the container has no network.
    pub(super) isolated: bool,
    /// Whether the license of the model is accepted.
    pub(super) accepted: bool,
}

/// Adds the pre-trained model and the script. With a script each value is JSON-encoded, so that strings are quoted; an
/// image that needs no script gets the plain values. Both match the vendor's SDK.
pub(super) fn add_script(
    model: &Model,
    context: &ScriptContext<'_>,
    hyperparameters: &mut BTreeMap<String, String>,
    channels: &mut Vec<InputChannel>,
) -> Result<(), Problem> {
    let mut names = channels.iter().map(|channel| channel.channel.name.as_str());
    if let Some(taken) = names.find(|name| ["model", "code"].contains(name)) {
        let message =
            format!("channel '{taken}' is added by the operator for JumpStart models; give yours another name");
        return Err(Problem::new(Reason::InvalidRequest, message));
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
            // The bucket of a gated model can be read only with this flag on the channel; the vendor's tuner omits it,
            // but its estimator sets it.
            accept_eula: context.accepted && model.gated,
        });
    }
    let Some(script) = &model.script else { return Ok(()) };
    hyperparameters.values_mut().for_each(|value| *value = python::json(value));
    let directory = if context.isolated { SCRIPT_IN_CONTAINER } else { script };
    for (name, value) in [
        ("sagemaker_submit_directory", python::json(directory)),
        ("sagemaker_program", python::json(PROGRAM)),
        ("sagemaker_container_log_level", LOG_LEVEL.to_owned()),
        ("sagemaker_job_name", python::json(context.job_name)),
        ("sagemaker_region", python::json(context.region)),
    ] {
        hyperparameters.insert(name.to_owned(), value);
    }
    if context.isolated {
        let code = Channel { name: "code".to_owned(), s3_uri: Some(script.clone()), ..Channel::default() };
        channels.push(InputChannel { channel: code, accept_eula: false });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub_document::tests::bit;

    #[test]
    fn an_instance_type_without_an_image_is_explained() {
        let variants = || Model { image: None, ..bit() }.variants;
        let listed = |types: &[&str]| types.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        for (types, variants, instance_type, expected) in [
            // An image for the family does not mean that the type exists.
            (
                listed(&["ml.p3.2xlarge"]),
                variants(),
                "ml.p3.3xlarge",
                "is not an instance type; did you mean 'ml.p3.2xlarge'?",
            ),
            (listed(&[]), variants(), "ml.p3.3xlarge", "is not an instance type; did you mean 'ml.p3.2xlarge'?"),
            (
                listed(&["ml.new9.large"]),
                BTreeMap::new(),
                "ml.new9.large",
                "but has no training image for it in eu-west-1",
            ),
            (listed(&["ml.p3.2xlarge"]), BTreeMap::new(), "ml.c5.xlarge", "it supports ml.p3.2xlarge"),
            (listed(&[]), BTreeMap::new(), "ml.c5.xlarge", "its description names none"),
        ] {
            let model = Model { instance_types: types, variants, image: None, ..bit() };
            let field = "`training.instanceType`";
            let Problem { reason, message } =
                image("model 'bit'", &model, "eu-west-1", field, instance_type).unwrap_err();
            assert_eq!(reason, Reason::UnsupportedInstanceType);
            assert!(message.contains(expected), "{message}");
        }
        let new =
            Model { image: Some("repo".to_owned()), instance_types: listed(&["ml.new9.large"]), ..Model::default() };
        assert_eq!(image("bit", &new, "eu-west-1", "field", "ml.new9.large"), Ok("repo".to_owned()));
    }

    #[test]
    fn the_data_is_in_the_channel_that_the_script_reads() {
        let channels = |names: &[&str]| {
            names.iter().map(|n| Channel { name: (*n).to_owned(), ..Channel::default() }).collect::<Vec<_>>()
        };
        for (model, names, expected) in [
            ("tensorflow-ic-bit", &["training", "validation"][..], Ok(None)),
            ("tensorflow-ic-bit", &["train", "validation"], Ok(Some("rename channel 'train' to 'training'"))),
            ("tensorflow-ic-bit", &["trainings"], Err("rename channel 'trainings' to 'training'")),
            ("tensorflow-ic-bit", &["test"], Err("add it; the dataset has test")),
            ("lightgbm-classification-model", &["train"], Ok(None)),
            ("lightgbm-classification-model", &["data"], Err("add it")),
        ] {
            match (data("it", model, &channels(names)), expected) {
                (Ok(None), Ok(None)) => {}
                (Ok(Some(found)), Ok(Some(expected))) => assert!(found.contains(expected), "{found}"),
                (Err(found), Err(expected)) => assert!(found.message.contains(expected), "{}", found.message),
                (found, expected) => panic!("{names:?}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn an_own_split_of_the_script_is_reported() {
        let metrics = ["train_loss", "val_accuracy"].map(str::to_owned);
        let warning = own_split(&metrics).unwrap();
        assert!(warning.contains("measures 'val_accuracy' on a part of the training data"), "{warning}");
        assert_eq!(own_split(&["test_accuracy".to_owned()]), None);
        for (validates, id, expected) in [
            (Some(false), "tensorflow-ic-bit", true),
            (Some(true), "pytorch-ic-resnet18", false),
            (None, "pytorch-ic-resnet18", true),
            (None, "tensorflow-ic-bit", false),
        ] {
            assert_eq!(splits_by_itself(&Model { validates, ..bit() }, id), expected, "{id}");
        }
    }

    #[test]
    fn a_refused_model_is_reported_with_the_setting_that_allows_it() {
        let gated = Model { gated: true, license: Some("s3://bucket/license.txt".to_owned()), ..bit() };
        let nothing = JumpStart::default();
        let all = JumpStart { accept_eula: true, allow_deprecated: true, allow_vulnerable: true, ..nothing.clone() };
        for (model, reason, text) in [
            (Model { deprecated: true, ..bit() }, Reason::ModelNotTrainable, "set `jumpStart.allowDeprecated: true`"),
            (Model { vulnerable: true, ..bit() }, Reason::ModelNotTrainable, "set `jumpStart.allowVulnerable: true`"),
            (
                gated.clone(),
                Reason::EULANotAccepted,
                "its license (s3://bucket/license.txt): set `jumpStart.acceptEULA",
            ),
        ] {
            let Problem { reason: found, message } = usable("model 'bit'", &model, &nothing).unwrap_err();
            assert_eq!(found, reason);
            assert!(message.contains(text), "{message}");
            assert_eq!(usable("bit", &model, &all), Ok(()));
        }
        let elsewhere =
            Model { trainable: false, trainable_in: vec!["us-east-1".to_owned(), "us-west-2".to_owned()], ..bit() };
        let message = usable("it", &elsewhere, &all).unwrap_err().message;
        assert!(message.contains("in this region, but in us-east-1, us-west-2"), "{message}");
        let untrainable = Model { trainable: false, ..bit() };
        assert_eq!(usable("bit", &untrainable, &all).unwrap_err().reason, Reason::ModelNotTrainable);
        assert_eq!(usable("bit", &bit(), &nothing), Ok(()));
        assert_eq!(environment(&gated, true), [("accept_eula".to_owned(), "true".to_owned())].into());
        assert_eq!(environment(&bit(), true), BTreeMap::new());
    }
}
