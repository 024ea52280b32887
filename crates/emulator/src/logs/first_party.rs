//! The built-in algorithms of `SageMaker`: their images, and the metrics that they report without definitions.
//!
//! Names and registries are facts (sources in `algorithms.json`). The form of the log lines is known for `XGBoost` and
//! for the algorithms that print `#quality_metric`; the values are invented.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::logs::quality::{Quality, loss};
use crate::logs::run::{Run, epochs, number, plain};
use crate::logs::writer::{Log, python};
use crate::request::MetricDefinition;

const SOURCE: &str = include_str!("algorithms.json");
/// A number, with or without an exponent.
const NUMBER: &str = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)";
/// Most rounds of `XGBoost` in the log.
const MOST_ROUNDS: u32 = 200;

#[derive(Debug, Default, Deserialize)]
struct Algorithms {
    registries: Vec<Registry>,
    /// By repository, then by name; true if the metric is to be maximized.
    metrics: BTreeMap<String, BTreeMap<String, bool>>,
}

#[derive(Debug, Deserialize)]
struct Registry {
    repositories: Vec<String>,
    accounts: Vec<String>,
}

static ALGORITHMS: LazyLock<Algorithms> = LazyLock::new(|| serde_json::from_str(SOURCE).unwrap_or_default());

/// The repository of an image, if it is a built-in algorithm, in any region and any registry.
pub fn algorithm(image: &str) -> Option<&'static str> {
    let (host, rest) = image.split_once('/')?;
    let (account, _) = host.split_once(".dkr.ecr.")?;
    let repository = rest.split([':', '@']).next()?;
    let holds = |registry: &&Registry| registry.accounts.iter().any(|other| other == account);
    ALGORITHMS
        .registries
        .iter()
        .filter(holds)
        .find_map(|registry| registry.repositories.iter().find(|known| *known == repository))
        .map(String::as_str)
}

/// The metrics of an algorithm: names, and whether they are to be maximized.
fn metrics(repository: &str) -> impl Iterator<Item = (&'static str, bool)> {
    let name = match repository {
        "sagemaker-xgboost" | "xgboost-neo" => "xgboost",
        "image-classification-neo" => "image-classification",
        other => other,
    };
    ALGORITHMS.metrics.get(name).into_iter().flatten().map(|(name, maximized)| (name.as_str(), *maximized))
}

/// The definitions that the service uses for an algorithm.
pub fn definitions(repository: &str) -> Vec<MetricDefinition> {
    let regex = |name: &str| match name.split_once(':') {
        Some((part, metric)) if repository.contains("xgboost") => {
            format!(r".*\[[0-9]+\].*#011{part}-{metric}:{NUMBER}.*")
        }
        Some((part, metric)) => format!(r"#quality_metric: host=\S+, {part} {metric} <score>=\(?{NUMBER}\)?"),
        None => name.to_owned(),
    };
    metrics(repository).map(|(name, _)| MetricDefinition { name: name.to_owned(), regex: regex(name) }).collect()
}

/// The log of an algorithm.
pub fn lines(log: &mut Log<'_>, run: &Run<'_>, quality: &Quality, repository: &str) {
    if repository.contains("xgboost") {
        return xgboost(log, run, quality);
    }
    let end = run.behaviour.seconds_per_epoch * f64::from(epochs(run.hyperparameters));
    for (name, maximized) in metrics(repository) {
        let Some((part, metric)) = name.split_once(':').filter(|(part, _)| *part != "test" || run.has_test) else {
            continue;
        };
        let value = log.value(name, &python(value(name, maximized, quality, 1.0)));
        log.say(end, format!("#quality_metric: host=algo-1, {part} {metric} <score>={value}"));
    }
}

/// One line per round, with the metrics of `eval_metric` and the objective of the tuning job.
fn xgboost(log: &mut Log<'_>, run: &Run<'_>, quality: &Quality) {
    let rounds = number(run.hyperparameters, "num_round").map_or(100.0, |n| n.clamp(1.0, f64::from(MOST_ROUNDS)));
    let evaluated = plain(run.hyperparameters, "eval_metric").unwrap_or_default();
    let objective = plain(run.hyperparameters, "_tuning_objective_metric").unwrap_or_default();
    let wanted = |name: &str| {
        name == objective || evaluated.split(',').any(|metric| name.ends_with(&format!(":{}", metric.trim())))
    };
    let shown: Vec<(&str, bool)> = metrics("xgboost").filter(|(name, _)| wanted(name)).collect();
    let end = run.behaviour.seconds_per_epoch * f64::from(epochs(run.hyperparameters));
    let mut round = 0.0;
    while round < rounds {
        let share = (round + 1.0) / rounds;
        let mut line = format!("[{round:.0}]");
        for part in ["train", "validation"] {
            for (name, maximized) in &shown {
                let metric = name.rsplit(':').next().unwrap_or_default();
                let value = log.value(name, &python(value(name, *maximized, quality, 0.7 + 0.3 * share)));
                line.push_str(&format!("#011{part}-{metric}:{value}"));
            }
        }
        log.say(end * share, line);
        round += 1.0;
    }
}

/// A value that improves with the quality of the model, in the metric's direction.
fn value(name: &str, maximized: bool, quality: &Quality, share: f64) -> f64 {
    let accuracy = share * if name.starts_with("test:") { quality.test_accuracy } else { quality.val_accuracy };
    let rounded = |value: f64| (value * 1e6).round() / 1e6;
    match (maximized, name.contains("error") || name.contains("acc")) {
        (true, _) => rounded(accuracy),
        (false, true) => rounded(1.0 - accuracy),
        (false, false) => rounded(loss(accuracy)),
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn images_of_first_party_algorithms_are_recognised_in_every_region() {
        for (image, expected) in [
            ("811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1", Some("xgboost")),
            ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1", Some("sagemaker-xgboost")),
            ("382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1", Some("kmeans")),
            ("174872318107.dkr.ecr.us-west-2.amazonaws.com/knn@sha256:00", Some("knn")),
            ("390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/xgboost:1", Some("xgboost")),
            ("433757028032.dkr.ecr.us-west-2.amazonaws.com/image-classification:1", Some("image-classification")),
            ("811284229777.dkr.ecr.us-east-1.amazonaws.com/kmeans:1", None),
            ("111122223333.dkr.ecr.us-east-1.amazonaws.com/xgboost:1", None),
            ("763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.9-gpu-py39", None),
            ("xgboost:1", None),
        ] {
            assert_eq!(algorithm(image), expected, "{image}");
        }
    }

    #[test]
    fn every_algorithm_but_one_has_metrics_and_every_regex_compiles() {
        let repositories: Vec<&String> =
            ALGORITHMS.registries.iter().flat_map(|registry| &registry.repositories).collect();
        assert_eq!(repositories.len(), 20);
        for repository in repositories {
            let definitions = definitions(repository);
            assert_eq!(definitions.is_empty(), repository == "pca", "{repository}");
            assert!(definitions.iter().all(|metric| Regex::new(&metric.regex).is_ok()), "{repository}");
        }
    }
}
