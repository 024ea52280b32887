//! The table of all training jobs of a run, as text: pages of JSON lines, each page the data of a `ConfigMap`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::derived::Derivations;
use api::{BestTrainingJob, Hyperparameters, MetricValue, ModelSelectionSpec};

/// The data key of a page with its lines.
pub const LINES: &str = "trials.jsonl";
/// The data key of a page with the fixed hyperparameters that all training jobs of the table share.
pub const COMMON: &str = "fixed-hyperparameters.json";
/// Largest size of a page, in bytes: the API server allows 1 MiB, which includes the names of the keys.
pub const PAGE_MAX: usize = 900_000;

/// One training job of the table.
#[derive(Serialize, Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
struct Line {
    training_job_name: String,
    #[serde(default)]
    hyperparameters: Hyperparameters,
    #[serde(default)]
    metrics: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    non_finite_metrics: Vec<String>,
    /// The fixed hyperparameters that differ between the training jobs of the table.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    fixed_hyperparameters: Hyperparameters,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    training_seconds: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    billable_seconds: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance_count: Option<i32>,
    #[serde(default, rename = "modelArtifactS3URI", skip_serializing_if = "Option::is_none")]
    model_artifact_s3_uri: Option<String>,
}

/// The name of the first page of a table. It contains the selection's uid: two selections may use the same tuning job,
/// and the table of a deleted selection may still exist when a new one of the same name is created.
pub fn name(uid: &str, tuning_job: &str) -> String {
    let hash = Sha256::digest(format!("{uid}/{tuning_job}"));
    let hash = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    // Names of jobs may contain capitals, names of Kubernetes objects may not.
    format!("{}-trials-{hash:08x}", tuning_job.to_ascii_lowercase())
}

/// The name of the page that follows `pages` pages of the table `name`.
pub fn page_name(name: &str, pages: usize) -> String {
    if pages == 0 { name.to_owned() } else { format!("{name}-{}", pages + 1) }
}

/// Whether a training job's name has the form that SageMaker uses for this tuning job: `<tuning job>-<number>-<hash>`.
/// The best one may belong to a parent of a warm start.
pub fn is_of(tuning_job: &str, training_job: &str) -> bool {
    let rest = training_job.strip_prefix(tuning_job).and_then(|rest| rest.strip_prefix('-'));
    rest.and_then(|rest| rest.split_once('-')).is_some_and(|(number, hash)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits(number) && !hash.is_empty() && !hash.contains('-')
    })
}

/// The data of each page of a table, at most `most` bytes each, unless a single line is longer.
pub fn pages(training_jobs: &[BestTrainingJob], most: usize) -> Vec<BTreeMap<String, String>> {
    let common = common(training_jobs);
    let shared = json(&common);
    let mut pages: Vec<String> = vec![String::new()];
    for training_job in training_jobs {
        let line = json(&Line::of(training_job, &common));
        match pages.last_mut() {
            Some(page) if page.is_empty() || page.len() + line.len() + shared.len() < most => {
                page.push_str(&line);
                page.push('\n');
            }
            _ => pages.push(line + "\n"),
        }
    }
    let data = |lines| [(LINES.to_owned(), lines), (COMMON.to_owned(), shared.clone())].into();
    pages.into_iter().map(data).collect()
}

/// The training jobs of a page, only with the fixed hyperparameters and metrics that `spec` refers to: fronts are
/// computed from tens of thousands of them at a time.
pub fn training_jobs(
    page: &BTreeMap<String, String>,
    spec: &ModelSelectionSpec,
) -> Result<Vec<BestTrainingJob>, serde_json::Error> {
    let derivations = Derivations::new(spec);
    let (used, wanted) = (derivations.hyperparameters_used(), derivations.metrics_wanted());
    let (lines, mut common) = parse(page)?;
    common.retain(|name, _| used.contains(name));
    let kept = |mut line: Line| {
        line.fixed_hyperparameters.retain(|name, _| used.contains(name));
        line.metrics.retain(|name, _| wanted.contains(name));
        line.training_job(&common)
    };
    Ok(lines.into_iter().map(kept).collect())
}

/// The training jobs of a page with everything that it says of them, for exports.
pub fn whole_training_jobs(page: &BTreeMap<String, String>) -> Result<Vec<BestTrainingJob>, serde_json::Error> {
    let (lines, common) = parse(page)?;
    Ok(lines.into_iter().map(|line| line.training_job(&common)).collect())
}

/// The lines of a page, and the fixed hyperparameters that they share.
fn parse(page: &BTreeMap<String, String>) -> Result<(Vec<Line>, Hyperparameters), serde_json::Error> {
    let text = |key: &str, none: &'static str| page.get(key).map_or(none, String::as_str).to_owned();
    let common = serde_json::from_str(&text(COMMON, "{}"))?;
    let lines = text(LINES, "").lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    Ok((lines, common))
}

/// The fixed hyperparameters that have the same value in all training jobs. Those of a tuning job with several
/// definitions may differ.
fn common(training_jobs: &[BestTrainingJob]) -> Hyperparameters {
    let Some((first, others)) = training_jobs.split_first() else { return Hyperparameters::new() };
    let mut common = first.fixed_hyperparameters.clone();
    for other in others {
        common.retain(|name, value| other.fixed_hyperparameters.get(name) == Some(value));
    }
    common
}

impl Line {
    fn of(training_job: &BestTrainingJob, common: &Hyperparameters) -> Self {
        let training_job = training_job.clone();
        let mut fixed_hyperparameters = training_job.fixed_hyperparameters;
        fixed_hyperparameters.retain(|name, _| !common.contains_key(name));
        Self {
            training_job_name: training_job.training_job_name,
            hyperparameters: training_job.hyperparameters,
            metrics: training_job.metrics.into_iter().map(|metric| (metric.name, metric.value)).collect(),
            non_finite_metrics: training_job.non_finite_metrics,
            fixed_hyperparameters,
            training_seconds: training_job.training_seconds,
            billable_seconds: training_job.billable_seconds,
            instance_type: training_job.instance_type,
            instance_count: training_job.instance_count,
            model_artifact_s3_uri: training_job.model_artifact_s3_uri,
        }
    }

    fn training_job(self, common: &Hyperparameters) -> BestTrainingJob {
        let mut fixed_hyperparameters = self.fixed_hyperparameters;
        fixed_hyperparameters.extend(common.clone());
        BestTrainingJob {
            training_job_name: self.training_job_name,
            hyperparameters: self.hyperparameters,
            metrics: self.metrics.into_iter().map(|(name, value)| MetricValue { name, value }).collect(),
            non_finite_metrics: self.non_finite_metrics,
            fixed_hyperparameters,
            training_seconds: self.training_seconds,
            billable_seconds: self.billable_seconds,
            instance_type: self.instance_type,
            instance_count: self.instance_count,
            model_artifact_s3_uri: self.model_artifact_s3_uri,
            ..BestTrainingJob::default()
        }
    }
}

/// Maps of strings, and structs of these, can always be serialized as JSON.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::DerivedMetric;
    use samples::spec;

    fn training_job(number: usize) -> BestTrainingJob {
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        BestTrainingJob {
            training_job_name: format!("job-{number:03}"),
            hyperparameters: pairs(&[("lr", "0.1"), ("note", "a \"quote\"\nand a line")]),
            metrics: vec![MetricValue { name: "accuracy".into(), value: "0.91".into() }],
            non_finite_metrics: vec!["loss".into()],
            fixed_hyperparameters: pairs(&[
                ("epochs", "5"),
                ("layers", if number.is_multiple_of(2) { "50" } else { "101" }),
            ]),
            training_seconds: Some(60),
            billable_seconds: Some(40),
            instance_type: Some("ml.p3.2xlarge".into()),
            instance_count: Some(1),
            model_artifact_s3_uri: Some(format!("s3://b/job-{number:03}/model.tar.gz")),
            ..BestTrainingJob::default()
        }
    }

    fn read(pages: &[BTreeMap<String, String>], used: &[&str]) -> Vec<BestTrainingJob> {
        let mut spec = spec();
        spec.objectives[0].metric = "accuracy".to_owned();
        let derived =
            |name: &&str| DerivedMetric { name: format!("of_{name}"), expression: format!("hyperparameters.{name}") };
        spec.derived_metrics = used.iter().map(derived).collect();
        pages.iter().flat_map(|page| training_jobs(page, &spec).unwrap()).collect()
    }

    #[test]
    fn pages_are_read_as_they_were_written() {
        let table: Vec<BestTrainingJob> = (0..20).map(training_job).collect();
        let pages = pages(&table, PAGE_MAX);
        assert_eq!(pages.len(), 1);
        assert_eq!(pages[0][LINES].lines().count(), 20);
        assert_eq!(pages[0][COMMON], r#"{"epochs":"5"}"#);
        assert!(!pages[0][LINES].contains("epochs"), "shared values are stored once");
        assert_eq!(read(&pages, &["epochs", "layers"]), table);
        let few = read(&pages, &["epochs"]);
        assert!(few.iter().all(|job| job.fixed_hyperparameters.keys().eq(["epochs"])));
        let others = training_jobs(&pages[0], &spec()).unwrap();
        assert!(others.iter().all(|job| job.metrics.is_empty()), "nothing in that spec asks for the accuracy");
        let whole = whole_training_jobs(&pages[0]).unwrap();
        assert_eq!(whole, table, "an export leaves out nothing");
    }

    #[test]
    fn the_first_line_is_as_documented() {
        let job = BestTrainingJob {
            model_artifact_s3_uri: Some("s3://b/o/model.tar.gz".into()),
            non_finite_metrics: vec![],
            ..training_job(0)
        };
        assert_eq!(
            pages(&[job], PAGE_MAX)[0][LINES],
            concat!(
                r#"{"trainingJobName":"job-000","hyperparameters":{"lr":"0.1","note":"a \"quote\"\nand a line"},"#,
                r#""metrics":{"accuracy":"0.91"},"trainingSeconds":60,"billableSeconds":40,"instanceType":"ml.p3.2xlarge","#,
                r#""instanceCount":1,"modelArtifactS3URI":"s3://b/o/model.tar.gz"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_long_table_has_several_pages_in_order() {
        let table: Vec<BestTrainingJob> = (0..100).map(training_job).collect();
        for most in [1, 1_000, 10_000] {
            let pages = pages(&table, most);
            assert!(pages.len() > 2);
            assert!(pages.iter().all(|page| page.values().map(String::len).sum::<usize>() <= most.max(400)));
            assert_eq!(read(&pages, &["epochs", "layers"]), table);
        }
        assert_eq!(pages(&[], PAGE_MAX).len(), 1);
        assert!(training_jobs(&[(LINES.to_owned(), "no JSON".to_owned())].into(), &spec()).is_err());
    }

    #[test]
    fn training_jobs_are_matched_to_their_tuning_job_by_name() {
        for own in ["job-001-0a1b2c3d", "job-1000-0a1b2c3d"] {
            assert!(is_of("job", own), "{own}");
        }
        for other in
            ["parent-001-0a1b2c3d", "job-b-001-0a1b2c3d", "job-2-001-0a1b2c3d", "job-001", "job", "jobs-001-0a"]
        {
            assert!(!is_of("job", other), "{other}");
        }
    }

    #[test]
    fn names_are_valid_object_names_and_differ_by_selection() {
        let first = name("uid-1", "My-Job");
        assert!(first.starts_with("my-job-trials-") && first.len() == "my-job-trials-".len() + 8);
        assert_ne!(first, name("uid-2", "My-Job"));
        assert_ne!(first, name("uid-1", "my-job"));
        assert_eq!(page_name("t", 0), "t");
        assert_eq!(page_name("t", 1), "t-2");
    }
}
