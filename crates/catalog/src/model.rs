//! The properties of one version of a model that training and serving need, independent of the source.

use std::collections::BTreeMap;

use super::hosting::Hosting;
use super::instance_type::{family, takes_volume_size};

/// One version of a model.
#[expect(clippy::struct_excessive_bools, reason = "each is a member of the metadata")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// Whether it can be trained at all.
    pub trainable: bool,
    /// Whether it uses the user's validation data; otherwise its script splits the training data. `None` if the
    /// description does not say.
    pub validates: Option<bool>,
    /// The only regions in which it can be trained; empty if there is no such restriction or it is unknown.
    pub trainable_in: Vec<String>,
    /// Whether its publisher has deprecated it.
    pub deprecated: bool,
    /// Whether its training script has known vulnerabilities.
    pub vulnerable: bool,
    /// Whether its license must be accepted.
    pub gated: bool,
    /// The location of its license.
    pub license: Option<String>,
    /// The training image if no variant has one.
    pub image: Option<String>,
    /// The instance types that it supports; empty if unknown.
    pub instance_types: Vec<String>,
    /// The hyperparameters of the algorithm and of the container.
    pub hyperparameters: Vec<Hyperparameter>,
    /// Name and regex of the model's own metrics.
    pub metrics: Vec<(String, String)>,
    /// Environment variables of its container.
    pub environment: BTreeMap<String, String>,
    /// The pre-trained model, for the channel `model`.
    pub artifact: Option<String>,
    /// The pre-trained model that the container downloads itself, passed in an environment variable.
    pub gated_artifact: Option<String>,
    /// The training script.
    pub script: Option<String>,
    /// Volume size, in GB.
    pub volume_size_gb: Option<i32>,
    /// Time limit of a training job, in seconds.
    pub max_runtime_seconds: Option<i32>,
    /// Whether the container has no network.
    pub network_isolation: bool,
    /// Whether traffic between instances is encrypted.
    pub encrypt_traffic: bool,
    /// Whether the trained model is written uncompressed instead of as an archive.
    pub uncompressed_output: bool,
    /// Deviations for an instance type (`ml.p3.2xlarge`) or a family (`p3`).
    pub variants: BTreeMap<String, Variant>,
    /// What serves it.
    pub hosting: Hosting,
}

/// The deviations of a model for some instance types.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variant {
    /// The training image.
    pub image: Option<String>,
    /// Hyperparameters that are added or replaced.
    pub hyperparameters: Vec<Hyperparameter>,
    /// Metrics that are added or replaced.
    pub metrics: Vec<(String, String)>,
    /// Environment variables that are added or replaced.
    pub environment: BTreeMap<String, String>,
    /// The pre-trained model.
    pub artifact: Option<String>,
    /// The pre-trained model that the container downloads itself.
    pub gated_artifact: Option<String>,
    /// What a model that was trained here is served on.
    pub inference_instance_type: Option<String>,
}

/// A hyperparameter of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hyperparameter {
    /// Its name.
    pub name: String,
    /// `int`, `float`, `text`, `bool` or `list`; any other kind puts no limits on the values.
    pub kind: String,
    /// Its default, in Python's notation.
    pub default: Option<String>,
    /// The allowed values; empty for any.
    pub options: Vec<String>,
    /// Smallest value; for a text, the smallest length. The same applies to the other limits.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
    /// Exclusive lower limit.
    pub exclusive_min: Option<f64>,
    /// Exclusive upper limit.
    pub exclusive_max: Option<f64>,
    /// Whether it belongs to the container, not to the algorithm.
    pub container: bool,
}

impl Model {
    /// The model with its variants for that instance type applied: the variant of the type overrides that of its
    /// family.
    #[must_use]
    pub fn on(&self, instance_type: &str) -> Self {
        let Self { instance_types, variants, .. } = self;
        let variants = || [variants.get(family(instance_type)), variants.get(instance_type)].into_iter().flatten();
        let mut model = Self { variants: BTreeMap::new(), ..self.clone() };
        // The general image is for the instance types that the model lists; a variant needs no such list.
        model
            .image
            .take_if(|_| !instance_types.is_empty() && !instance_types.iter().any(|known| known == instance_type));
        // Some instances have no volume with a configurable size.
        model.volume_size_gb.take_if(|_| !takes_volume_size(instance_type));
        for variant in variants() {
            let Variant { image, hyperparameters, metrics, environment, artifact, .. } = variant.clone();
            model.image = image.or(model.image);
            model.artifact = artifact.or(model.artifact);
            model.environment.extend(environment);
            for hyperparameter in hyperparameters {
                put(&mut model.hyperparameters, hyperparameter, |a, b| a.name == b.name);
            }
            for metric in metrics {
                put(&mut model.metrics, metric, |a, b| a.0 == b.0);
            }
        }
        // A type that is not in the list of supported ones may still have a key of its own.
        let own = self.own_gated_artifact(instance_type).map(str::to_owned);
        if self.gated_artifact.is_some() || own.is_some() || self.gated_artifacts().next().is_some() {
            model.artifact = None;
            model.gated_artifact = self.gated_artifact.clone().or(own).or_else(|| self.common_gated_artifact());
            // Without the model's artifact there is nothing to train.
            model.image.take_if(|_| model.gated_artifact.is_none());
        }
        model
    }

    /// The artifact of all supported instance types, if it is the same for all.
    fn common_gated_artifact(&self) -> Option<String> {
        let mut all = self.gated_artifacts();
        let first = all.next()?;
        let same = all.all(|other| other == first)
            && self.instance_types.iter().all(|supported| self.own_gated_artifact(supported).is_some());
        same.then(|| first.to_owned())
    }

    fn gated_artifacts(&self) -> impl Iterator<Item = &str> {
        self.instance_types.iter().filter_map(|supported| self.own_gated_artifact(supported))
    }

    fn own_gated_artifact(&self, instance_type: &str) -> Option<&str> {
        let of = |key: &str| self.variants.get(key)?.gated_artifact.as_deref();
        of(instance_type).or_else(|| of(family(instance_type)))
    }

    /// What serves this model, in a region, after it was trained on an instance type: on the type that the description
    /// names for models that were trained there, else on its default, else where it was trained. `None` when it cannot
    /// be served.
    #[must_use]
    pub fn hosting(&self, trained_on: &str, region: &str) -> Option<api::Hosting> {
        let named = |key: &str| self.variants.get(key)?.inference_instance_type.as_deref();
        let own = named(trained_on).or_else(|| named(family(trained_on)));
        self.hosting.on(own.or(self.hosting.instance_type.as_deref()).unwrap_or(trained_on), region)
    }

    /// The hyperparameter of that name.
    pub fn hyperparameter(&self, name: &str) -> Option<&Hyperparameter> {
        self.hyperparameters.iter().find(|hyperparameter| hyperparameter.name == name && !hyperparameter.container)
    }
}

fn put<T>(list: &mut Vec<T>, item: T, same: impl Fn(&T, &T) -> bool) {
    match list.iter_mut().find(|known| same(known, &item)) {
        Some(known) => *known = item,
        None => list.push(item),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gated_model_of_a_family_counts_whatever_types_are_supported() {
        let gated = Variant { gated_artifact: Some("s3://gated/g4dn/".to_owned()), ..Variant::default() };
        let model = Model {
            gated: true,
            image: Some("general".to_owned()),
            instance_types: vec!["ml.p3.2xlarge".to_owned()],
            artifact: Some("s3://open/".to_owned()),
            variants: [("g4dn".to_owned(), gated)].into(),
            ..Model::default()
        };
        let on = model.on("ml.g4dn.xlarge");
        assert_eq!((on.gated_artifact.as_deref(), on.artifact), (Some("s3://gated/g4dn/"), None));
        let elsewhere = model.on("ml.p3.2xlarge");
        assert_eq!((elsewhere.gated_artifact, elsewhere.artifact.as_deref()), (None, Some("s3://open/")));
    }

    #[test]
    fn the_image_is_that_of_the_type_or_of_its_family_or_the_general_one() {
        let variant = |image: &str| Variant { image: Some(image.to_owned()), ..Variant::default() };
        let model = Model {
            image: Some("general".to_owned()),
            instance_types: vec!["ml.c5.large".to_owned()],
            variants: [("p3".to_owned(), variant("p3")), ("ml.p3.2xlarge".to_owned(), variant("exact"))].into(),
            ..Model::default()
        };
        for (instance, image) in [
            ("ml.p3.2xlarge", Some("exact")),
            ("ml.p3.8xlarge", Some("p3")),
            ("ml.c5.large", Some("general")),
            ("ml.trn1.2xlarge", None),
        ] {
            assert_eq!(model.on(instance).image.as_deref(), image, "{instance}");
        }
    }
}
