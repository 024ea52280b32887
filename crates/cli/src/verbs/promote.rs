//! `promote`: writes manifests or code that deploy the winner. Deploys nothing.

use std::path::Path;
use std::process::ExitCode;

use api::{BestTrainingJob, ModelSelection, Trials};
use promote::{File, Format, Job, Winner, Wish, choose, files};
use view::seen::is_seen;

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
        Job::InTable { table, name } => in_table(cluster, &selection, table, name).await?,
    };
    let winner = Winner::new(&selection, &choice, job, wish).map_err(failure)?;
    let files = files(&winner, of(format)).map_err(failure)?;
    if !is_seen(&selection) {
        output::note("the operator has not seen the last edit yet: another candidate may win");
    } else if !is_complete(&selection) {
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

/// A training job of a table.
async fn in_table(
    cluster: &Cluster,
    selection: &ModelSelection,
    table: &Trials,
    name: &str,
) -> Result<BestTrainingJob, Failure> {
    let jobs = tables::read_whole(&cluster.client, selection, table).await?.unwrap_or_default();
    jobs.into_iter().find(|job| job.training_job_name == name).ok_or_else(|| {
        let first = &table.config_map;
        Failure::Message(format!(
            "the ConfigMap '{first}' has no training job '{name}'; try again when the operator has written it"
        ))
    })
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
