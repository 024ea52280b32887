//! `pareto`: shows the fronts.

use std::process::ExitCode;

use api::ModelSelection;
use decide::suggest::there_are;
use view::front::{FrontView, fronts};
use view::page::Look;
use view::pages::{self, Extent};

use crate::args::Format;
use crate::cluster::Cluster;
use crate::failure::{Failure, Outcome};
use crate::output;

pub(crate) async fn run(
    cluster: &Cluster,
    name: Option<&str>,
    dataset: Option<&str>,
    all: bool,
    format: Option<Format>,
    look: Look,
) -> Outcome {
    let selection = cluster.selection(name).await?;
    check_dataset(&selection, dataset)?;
    let mut views = fronts(&selection);
    views.retain(|front| dataset.is_none_or(|wanted| wanted == front.dataset));
    match format {
        None | Some(Format::Wide) if views.is_empty() => output::note("no run has ended yet, so there is no front"),
        None => output::page(&pages::pareto(&selection, dataset, Extent { all, wide: false }), look)?,
        Some(Format::Wide) => {
            let page = pages::pareto(&selection, dataset, Extent { all, wide: true });
            output::page(&page, Look { width: None, ..look })?;
        }
        Some(Format::Json) => output::json("FrontList", &views)?,
        Some(Format::Yaml) => output::yaml("FrontList", &views)?,
        Some(Format::Csv) => output::csv(&rows(&selection, &views, all))?,
        Some(Format::Name) => {
            let members = views.iter().flat_map(|front| &front.members);
            output::lines_of(members.map(|member| member.candidate.clone()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether the selection has the requested dataset.
pub(crate) fn check_dataset(selection: &ModelSelection, dataset: Option<&str>) -> Result<(), Failure> {
    let names: Vec<&str> = selection.spec.datasets.iter().map(|dataset| dataset.name.as_str()).collect();
    match dataset.filter(|wanted| !names.contains(wanted)) {
        Some(wanted) => Err(Failure::Message(format!("there is no dataset '{wanted}'; {}", there_are(names)))),
        None => Ok(()),
    }
}

/// A row for each member; with `all`, also for each dominated run.
fn rows(selection: &ModelSelection, views: &[FrontView], all: bool) -> Vec<Vec<String>> {
    let mut titles: Vec<String> = ["dataset", "candidate", "rank", "recommended"].map(str::to_owned).to_vec();
    titles.extend(selection.spec.objectives.iter().map(|objective| objective.metric.clone()));
    let mut rows = vec![titles];
    for front in views {
        for member in &front.members {
            let mut row =
                vec![front.dataset.clone(), member.candidate.clone(), "0".into(), member.recommended.to_string()];
            row.extend(member.values.iter().cloned());
            rows.push(row);
        }
        for run in front.dominated.iter().filter(|_| all) {
            let rank = run.rank.map_or(String::new(), |rank| rank.to_string());
            let mut row = vec![front.dataset.clone(), run.candidate.clone(), rank, "false".into()];
            row.extend(run.values.iter().map(|value| value.clone().unwrap_or_default()));
            rows.push(row);
        }
    }
    rows
}
