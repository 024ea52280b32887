//! `status`: shows one selection with its runs, once or after every change.

use std::process::ExitCode;

use api::ModelSelection;
use futures::{Stream, StreamExt as _};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kube::ResourceExt as _;
use kube::runtime::{WatchStreamExt as _, watcher};
use serde::Serialize;
use view::page::Look;
use view::pages::{self, Extent};
use view::runs::{Run, rows, runs};
use view::summary::{Summary, summary};
use view::waiting_runs::{Waiting, waiting};

use crate::args::Format;
use crate::cluster::Cluster;
use crate::failure::{Failure, Outcome};
use crate::{clock, output};

/// The output of `-o json` and `-o yaml` for a selection.
#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    summary: Summary,
    #[serde(rename = "waits")]
    waiting: Vec<Waiting>,
    runs: Vec<Run>,
}

pub(crate) async fn show(
    cluster: &Cluster,
    name: Option<&str>,
    all: bool,
    format: Option<Format>,
    look: Look,
) -> Outcome {
    print(&cluster.selection(name).await?, all, format, look)?;
    Ok(ExitCode::SUCCESS)
}

fn print(selection: &ModelSelection, all: bool, format: Option<Format>, look: Look) -> Result<(), Failure> {
    let now = clock::now();
    let status = || [Status { summary: summary(selection, now), waiting: waiting(selection), runs: runs(selection) }];
    match format {
        None => output::page(&pages::status(selection, now, Extent { all, wide: false }), look),
        Some(Format::Wide) => {
            let page = pages::status(selection, now, Extent { all: true, wide: true });
            output::page(&page, Look { width: None, ..look })
        }
        Some(Format::Json) => output::json("StatusList", &status()),
        Some(Format::Yaml) => output::yaml("StatusList", &status()),
        Some(Format::Csv) => output::csv(&rows(selection)),
        Some(Format::Name) => {
            output::lines_of(runs(selection).into_iter().map(|run| format!("{}/{}", run.candidate, run.dataset)))
        }
    }
}

/// Shows it after every change until it is complete: redrawn in place on a terminal, one line per change in a pipe.
pub(crate) async fn watch(
    cluster: &Cluster,
    name: Option<&str>,
    all: bool,
    format: Option<Format>,
    look: Look,
) -> Outcome {
    let first = cluster.selection(name).await?;
    let mut changes = std::pin::pin!(changes(cluster, &first.name_any()));
    let redrawn = (output::is_terminal() && format.is_none()).then(picture);
    let mut last = String::new();
    while let Some(selection) = changes.next().await {
        let selection = selection?;
        let now = clock::now();
        match &redrawn {
            Some(picture) => {
                let page = pages::status(&selection, now, Extent { all, wide: false });
                picture.set_message(page.render(look).trim_end().to_owned());
            }
            None if format.is_some() => print(&selection, all, format, look)?,
            None => {
                let news = pages::news(&selection, now).render(Look { width: None, ..look });
                if news != last {
                    output::text(&news)?;
                    last = news;
                }
            }
        }
        if summary(&selection, now).complete {
            break;
        }
    }
    if let Some(picture) = redrawn {
        picture.abandon();
    }
    Ok(ExitCode::SUCCESS)
}

/// Text that is redrawn in place.
fn picture() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
    ProgressStyle::with_template("{msg}").map_or(bar.clone(), |style| bar.with_style(style))
}

/// The selection now and after every change. Ends with an error if it is deleted, also while the watch was broken, and
/// if the API server refuses the watch.
pub(crate) fn changes(cluster: &Cluster, name: &str) -> impl Stream<Item = Result<ModelSelection, Failure>> + use<> {
    let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let deleted = format!("ModelSelection '{name}' was deleted");
    let mut listed = false;
    watcher(cluster.selections(), config).default_backoff().filter_map(move |event| {
        let change = match event {
            Ok(watcher::Event::Apply(selection)) => Some(Ok(selection)),
            Ok(watcher::Event::InitApply(selection)) => {
                listed = true;
                Some(Ok(selection))
            }
            Ok(watcher::Event::Init) => {
                listed = false;
                None
            }
            Ok(watcher::Event::InitDone) => (!listed).then(|| Err(Failure::Message(deleted.clone()))),
            Ok(watcher::Event::Delete(_)) => Some(Err(Failure::Message(deleted.clone()))),
            Err(error) if is_refused(&error) => {
                Some(Err(Failure::Message(format!("the API server refuses the watch: {error}"))))
            }
            Err(error) => {
                output::note(&format!("the watch has broken and is started again: {error}"));
                None
            }
        };
        std::future::ready(change)
    })
}

/// Whether another try of the watch would be refused as well: no permission, no valid credentials, no CRD. A version of
/// the list that is too old (410) is not such a case.
fn is_refused(error: &watcher::Error) -> bool {
    let (watcher::Error::InitialListFailed(kube::Error::Api(status))
    | watcher::Error::WatchStartFailed(kube::Error::Api(status))
    | watcher::Error::WatchFailed(kube::Error::Api(status))
    | watcher::Error::WatchError(status)) = error
    else {
        return false;
    };
    matches!(status.code, 401 | 403 | 404)
}
