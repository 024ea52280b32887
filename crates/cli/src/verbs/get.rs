//! `get`: lists selections, one per row.

use std::process::ExitCode;

use api::ModelSelection;
use kube::Api;
use kube::api::ListParams;
use view::page::Look;
use view::pages;
use view::summary::{Summary, summary};

use crate::args::Format;
use crate::cluster::Cluster;
use crate::failure::Outcome;
use crate::{clock, output};

pub(crate) async fn run(
    cluster: &Cluster,
    names: &[String],
    all_namespaces: bool,
    format: Option<Format>,
    look: Look,
) -> Outcome {
    let mut selections = Vec::new();
    if names.is_empty() {
        let api: Api<ModelSelection> =
            if all_namespaces { Api::all(cluster.client.clone()) } else { cluster.selections() };
        selections = api.list(&ListParams::default()).await?.items;
    }
    for name in names {
        selections.push(cluster.selection(Some(name)).await?);
    }
    let now = clock::now();
    let summaries: Vec<Summary> = selections.iter().map(|selection| summary(selection, now)).collect();
    if summaries.is_empty() && matches!(format, None | Some(Format::Wide)) {
        let place =
            if all_namespaces { "the cluster".to_owned() } else { format!("namespace '{}'", cluster.namespace) };
        output::note(&format!("{place} has no ModelSelection"));
        return Ok(ExitCode::SUCCESS);
    }
    match format {
        None => output::page(&pages::list(&summaries, all_namespaces, false), look)?,
        Some(Format::Wide) => {
            output::page(&pages::list(&summaries, all_namespaces, true), Look { width: None, ..look })?;
        }
        Some(Format::Json) => output::json("SummaryList", &summaries)?,
        Some(Format::Yaml) => output::yaml("SummaryList", &summaries)?,
        Some(Format::Csv) => output::csv(&rows(&summaries))?,
        Some(Format::Name) => {
            // As `kubectl get -o name` writes them, for pipes into kubectl.
            let names = summaries.iter().map(|summary| format!("modelselection.modelselection.dev/{}", summary.name));
            output::lines_of(names)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn rows(summaries: &[Summary]) -> Vec<Vec<String>> {
    let titles = [
        "namespace",
        "name",
        "ready",
        "reason",
        "total",
        "waiting",
        "running",
        "succeeded",
        "failed",
        "stopped",
        "front",
        "best",
        "elapsedSeconds",
        "remainingSeconds",
    ];
    let row = |summary: &Summary| {
        let counts = summary.counts;
        let mut row =
            vec![summary.namespace.clone(), summary.name.clone(), summary.ready.clone(), summary.reason.clone()];
        let numbers = [counts.total, counts.waiting, counts.running, counts.succeeded, counts.failed, counts.stopped];
        row.extend(numbers.map(|number| number.to_string()));
        row.extend([summary.front.clone().unwrap_or_default(), summary.best.clone().unwrap_or_default()]);
        row.extend(
            [summary.elapsed_seconds, summary.remaining_seconds].map(|s| s.map_or(String::new(), |s| s.to_string())),
        );
        row
    };
    std::iter::once(titles.map(str::to_owned).to_vec()).chain(summaries.iter().map(row)).collect()
}
