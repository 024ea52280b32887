//! `promote`: writes manifests or code that deploy the winner. Deploys nothing.

use std::path::Path;
use std::process::ExitCode;

use api::{BestTrainingJob, ModelSelection};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use promote::{File, Format, Job, Winner, Wish, choose, files};

use crate::args::PromoteFormat;
use crate::cluster::Cluster;
use crate::failure::{Failure, Outcome};
use crate::output;

pub(crate) async fn run(
    cluster: &Cluster,
    name: Option<&str>,
    wish: &Wish<'_>,
    format: PromoteFormat,
    directory: Option<&Path>,
) -> Outcome {
    let selection = cluster.selection(name).await?;
    let choice = choose(&selection, wish).map_err(failure)?;
    let job = match &choice.job {
        Job::Known(job) => (**job).clone(),
        Job::InTable { config_map, name } => in_table(cluster, config_map, name).await?,
    };
    let winner = Winner::new(&selection, &choice, job, wish).map_err(failure)?;
    let files = files(&winner, of(format)).map_err(failure)?;
    if !is_complete(&selection) {
        output::note("not every run has ended: another candidate may still win");
    }
    match directory {
        Some(directory) => write(directory, &files)?,
        None => output::text(&stream(&files))?,
    }
    Ok(ExitCode::SUCCESS)
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn failure(refusal: promote::Refusal) -> Failure {
    Failure::Message(refusal.to_string())
}

fn of(format: PromoteFormat) -> Format {
    match format {
        PromoteFormat::Kustomize => Format::Kustomize,
        PromoteFormat::Ack => Format::Ack,
        PromoteFormat::Terraform => Format::Terraform,
        PromoteFormat::Sdk => Format::Sdk,
    }
}

fn is_complete(selection: &ModelSelection) -> bool {
    selection.status.as_ref().is_some_and(|status| status.completion_time.is_some())
}

/// One file as it is; several files in sequence, each after its name.
fn stream(files: &[File]) -> String {
    match files {
        [file] => file.text.clone(),
        several => {
            let named = several.iter().map(|file| format!("# file: {}\n{}", file.name, file.text));
            named.collect::<Vec<_>>().join("---\n")
        }
    }
}

/// Writes the files into the directory, which is created if necessary.
fn write(directory: &Path, files: &[File]) -> Result<(), Failure> {
    std::fs::create_dir_all(directory)?;
    for file in files {
        let path = directory.join(file.name);
        std::fs::write(&path, &file.text)?;
        output::note(&format!("wrote {}", path.display()));
    }
    Ok(())
}

/// The key of a table with one JSON line for each training job, and the annotation with the name of the next page.
const TRIALS: &str = "trials.jsonl";
const NEXT_PAGE: &str = "modelselection.dev/next-page";

/// A training job of a table.
async fn in_table(cluster: &Cluster, first: &str, name: &str) -> Result<BestTrainingJob, Failure> {
    let tables: Api<ConfigMap> = Api::namespaced(cluster.client.clone(), &cluster.namespace);
    let mut next = Some(first.to_owned());
    while let Some(page) = next {
        let Some(page) = tables.get_opt(&page).await? else { break };
        let lines = page.data.as_ref().and_then(|data| data.get(TRIALS)).map(String::as_str).unwrap_or_default();
        let jobs = lines.lines().filter_map(|line| serde_json::from_str::<BestTrainingJob>(line).ok());
        if let Some(job) = jobs.into_iter().find(|job| job.training_job_name == name) {
            return Ok(job);
        }
        next = page.metadata.annotations.and_then(|mut annotations| annotations.remove(NEXT_PAGE));
    }
    Err(Failure::Message(format!(
        "the ConfigMap '{first}' has no training job '{name}'; try again when the operator has written it"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_files_stand_under_their_names() {
        let file = |name, text: &str| File { name, text: text.to_owned() };
        assert_eq!(stream(&[file("a.tf", "a\n")]), "a\n");
        assert_eq!(
            stream(&[file("a.yaml", "a: 1\n"), file("b.yaml", "b: 2\n")]),
            "# file: a.yaml\na: 1\n---\n# file: b.yaml\nb: 2\n"
        );
    }

    #[test]
    fn files_are_written_into_a_directory_that_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("deploy/winner");
        let files = [File { name: "winner.tf", text: "text".into() }];
        write(&into, &files).unwrap();
        assert_eq!(std::fs::read_to_string(into.join("winner.tf")).unwrap(), "text");
    }
}
