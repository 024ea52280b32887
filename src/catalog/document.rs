//! A hub document, as far as training needs it. Read leniently: keys that are missing or of another shape are absent.

use std::collections::BTreeMap;

use serde_json::Value;

use super::python;

/// What the hub says about training one version of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HubModel {
    /// Whether it can be trained at all.
    pub trainable: bool,
    /// The image when no variant fits.
    pub image: Option<String>,
    /// Images by instance type (`ml.p3.2xlarge`) or family (`p3`).
    pub images: BTreeMap<String, String>,
    /// The instance types that it supports; empty when the hub does not say.
    pub instance_types: Vec<String>,
    /// The hyperparameters of the algorithm and of the container.
    pub hyperparameters: Vec<HubHyperparameter>,
    /// Name and regex of the model's own metrics.
    pub metrics: Vec<(String, String)>,
    /// The pre-trained model.
    pub artifact: Option<String>,
    /// The training script.
    pub script: Option<String>,
    /// Volume in GB.
    pub volume_size_gb: Option<i32>,
    /// Limit of a training job in seconds.
    pub max_runtime_seconds: Option<i32>,
    /// Whether the container has no network.
    pub network_isolation: bool,
    /// Whether traffic between instances is encrypted.
    pub encrypt_traffic: bool,
}

/// A hyperparameter that the model has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HubHyperparameter {
    /// Its name.
    pub name: String,
    /// `int`, `float`, `text`, ...
    pub kind: String,
    /// Its default, as Python writes it.
    pub default: Option<String>,
    /// The values that it takes; empty for any.
    pub options: Vec<String>,
    /// Least value.
    pub min: Option<f64>,
    /// Greatest value.
    pub max: Option<f64>,
    /// Whether it is the container's, not the algorithm's.
    pub container: bool,
}

impl HubModel {
    /// Reads a document; `None` when it is no JSON object.
    pub fn parse(document: &str) -> Option<Self> {
        let document: Value = serde_json::from_str(document).ok()?;
        document.as_object()?;
        let text = |key: &str| document[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let number = |key: &str| document[key].as_i64().and_then(|n| i32::try_from(n).ok());
        let flag = |key: &str| document[key].as_bool().unwrap_or_default();
        Some(Self {
            trainable: flag("TrainingSupported"),
            image: text("TrainingEcrUri"),
            images: images(&document["TrainingInstanceTypeVariants"]),
            instance_types: texts(&document["SupportedTrainingInstanceTypes"]),
            hyperparameters: list(&document["Hyperparameters"]).filter_map(hyperparameter).collect(),
            metrics: list(&document["TrainingMetrics"])
                .filter_map(|metric| Some((metric["Name"].as_str()?.to_owned(), metric["Regex"].as_str()?.to_owned())))
                .collect(),
            artifact: text("TrainingArtifactUri"),
            // The prepacked script carries its dependencies, so that it needs no network.
            script: text("TrainingPrepackedScriptUri").or_else(|| text("TrainingScriptUri")),
            volume_size_gb: number("TrainingVolumeSize"),
            max_runtime_seconds: number("MaxRuntimeInSeconds"),
            network_isolation: flag("TrainingEnableNetworkIsolation"),
            encrypt_traffic: flag("EncryptInterContainerTraffic"),
        })
    }

    /// Reads a spec of the metadata in S3.
    pub fn parse_spec(_spec: &str, _region: &str, _bucket: &str) -> Option<Self> {
        None
    }

    /// The training image for an instance type: the variant of that very type, else of its family, else the general one.
    pub fn image_for(&self, instance_type: &str) -> Option<&str> {
        let family = instance_type.split('.').nth(1).unwrap_or_default();
        self.images.get(instance_type).or_else(|| self.images.get(family)).or(self.image.as_ref()).map(String::as_str)
    }

    /// The hyperparameter of that name.
    pub fn hyperparameter(&self, name: &str) -> Option<&HubHyperparameter> {
        self.hyperparameters.iter().find(|hyperparameter| hyperparameter.name == name && !hyperparameter.container)
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn texts(value: &Value) -> Vec<String> {
    list(value).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn hyperparameter(value: &Value) -> Option<HubHyperparameter> {
    let bound = |key: &str| value[key].as_f64().or_else(|| value[key].as_str()?.parse().ok());
    Some(HubHyperparameter {
        name: value["Name"].as_str()?.to_owned(),
        kind: value["Type"].as_str().unwrap_or_default().to_owned(),
        default: Some(&value["Default"]).filter(|default| !default.is_null()).map(python::text),
        options: list(&value["Options"]).map(python::text).collect(),
        min: bound("Min"),
        max: bound("Max"),
        container: value["Scope"].as_str() == Some("container"),
    })
}

/// The images of the variants. Documents come in two spellings: `Properties.ImageUri` with the image itself, and
/// `properties.image_uri` with an alias such as `$gpu_image` into `Aliases`.
fn images(variants: &Value) -> BTreeMap<String, String> {
    let aliases = &variants["Aliases"];
    let Some(by_type) = variants["Variants"].as_object() else { return BTreeMap::new() };
    by_type
        .iter()
        .filter_map(|(instance, variant)| {
            let image =
                variant["Properties"]["ImageUri"].as_str().or_else(|| variant["properties"]["image_uri"].as_str())?;
            let image = match image.strip_prefix('$') {
                Some(alias) => aliases[alias].as_str()?,
                None => image,
            };
            Some((instance.clone(), image.to_owned()))
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn bit() -> HubModel {
        HubModel::parse(include_str!("../../tests/fixtures/hub-content-document.tensorflow-ic-bit-m-r101x1.json"))
            .unwrap()
    }

    #[test]
    fn a_document_is_read() {
        let model = bit();
        assert!(model.trainable && model.network_isolation && model.encrypt_traffic);
        assert_eq!(
            model.image_for("ml.p3.2xlarge"),
            Some("763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.9-gpu-py39")
        );
        assert_eq!(
            model.image_for("ml.c5.xlarge"),
            Some("763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.9-cpu-py39")
        );
        assert!(model.script.as_deref().unwrap().contains("/prepack/"));
        let epsilon = model.hyperparameter("epsilon").unwrap();
        assert_eq!(
            (epsilon.kind.as_str(), epsilon.default.as_deref(), epsilon.max),
            ("float", Some("1e-07"), Some(1.0))
        );
        assert!(model.hyperparameter("sagemaker_program").is_none());
    }

    #[test]
    fn both_spellings_of_the_variants() {
        let document = serde_json::json!({
            "Aliases": {"gpu": "repo/image:gpu"},
            "Variants": {
                "p3": {"properties": {"image_uri": "$gpu"}},
                "ml.p3.2xlarge": {"Properties": {"ImageUri": "repo/image:p3"}},
                "broken": {"properties": {"image_uri": "$none"}},
            },
        });
        let model = HubModel { images: images(&document), ..Default::default() };
        assert_eq!(model.image_for("ml.p3.16xlarge"), Some("repo/image:gpu"));
        assert_eq!(model.image_for("ml.p3.2xlarge"), Some("repo/image:p3"));
        assert_eq!(model.image_for("ml.c5.large"), None);
    }

    #[test]
    fn what_is_no_document_is_none() {
        assert_eq!(HubModel::parse(""), None);
        assert_eq!(HubModel::parse("[]"), None);
        assert_eq!(HubModel::parse("{}"), Some(HubModel::default()));
    }
}
