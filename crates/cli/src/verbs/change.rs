//! `suspend`, `resume`, `rerun` and `stop`: change one field of the spec and print the consequences.

use std::process::ExitCode;

use api::{ModelSelection, RunState};
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use view::text::count;

use crate::args::Target;
use crate::cluster::Cluster;
use crate::failure::{Failure, Outcome};
use crate::{clock, output};

/// The field manager of the change, in `metadata.managedFields`.
const FIELD_MANAGER: &str = "kubectl-modelselection";

pub(crate) async fn suspend(cluster: &Cluster, target: &Target, stop: bool) -> Outcome {
    let selection = cluster.selection(target.name.as_deref()).await?;
    let policy = if stop { "Stop" } else { "Drain" };
    let follows = format!(
        "{} {}; {} not start",
        jobs(&selection, RunState::active),
        if stop { "stopped" } else { "left to end" },
        count(number(&selection, |state| state == RunState::Waiting), "waiting run") + " will"
    );
    change(cluster, &selection, json!({"suspend": true, "suspendPolicy": policy}), "suspended", &follows, target).await
}

pub(crate) async fn resume(cluster: &Cluster, target: &Target) -> Outcome {
    let selection = cluster.selection(target.name.as_deref()).await?;
    let open = number(&selection, |state| !state.ended() || state == RunState::Stopped);
    let follows = format!("{} left to do", count(open, "run"));
    change(cluster, &selection, json!({"suspend": false}), "resumed", &follows, target).await
}

pub(crate) async fn rerun(cluster: &Cluster, target: &Target, token: Option<String>) -> Outcome {
    let selection = cluster.selection(target.name.as_deref()).await?;
    let token = token.unwrap_or_else(|| clock::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    if token == selection.spec.rerun {
        return Err(Failure::Message(format!("spec.rerun is '{token}' already; choose another --token")));
    }
    let follows = format!(
        "{} again under new tuning jobs, which cost anew; {} stopped",
        count(number(&selection, |_| true), "run"),
        jobs(&selection, RunState::active)
    );
    change(cluster, &selection, json!({"rerun": token}), "to be run again", &follows, target).await
}

fn number(selection: &ModelSelection, is: impl Fn(RunState) -> bool) -> usize {
    selection.status.iter().flat_map(|status| &status.runs).filter(|run| is(run.state)).count()
}

fn jobs(selection: &ModelSelection, is: impl Fn(RunState) -> bool) -> String {
    count(number(selection, is), "running tuning job")
}

/// Changes the spec and prints the consequences; with `--dry-run` the server only checks it.
async fn change(
    cluster: &Cluster,
    selection: &ModelSelection,
    spec: Value,
    done: &str,
    follows: &str,
    target: &Target,
) -> Outcome {
    let name = selection.name_any();
    let parameters = PatchParams { dry_run: target.dry_run, ..PatchParams::apply(FIELD_MANAGER) };
    let patch = json!({"spec": spec});
    let changed = cluster.selections().patch(&name, &parameters, &Patch::Merge(&patch)).await?;
    let unchanged = changed.metadata.generation == selection.metadata.generation;
    let suffix = match (target.dry_run, unchanged) {
        (_, true) => " already",
        (true, false) => " (server dry run)",
        (false, false) => "",
    };
    output::text(&format!("modelselection.modelselection.dev/{name} {done}{suffix}: {follows}\n"))?;
    if let Some(owner) = gitops_owner(selection) {
        output::note(&format!("warning: {owner} applies this object and may undo the change; make it in Git as well"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The tool that applies the object from Git, if there is one: it reverts manual changes.
fn gitops_owner(selection: &ModelSelection) -> Option<&str> {
    let managers = selection.metadata.managed_fields.iter().flatten().filter_map(|entry| entry.manager.as_deref());
    managers
        .into_iter()
        .find(|manager| ["argocd-controller", "kustomize-controller", "helm-controller"].contains(manager))
}
