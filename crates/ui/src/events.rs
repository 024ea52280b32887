//! Server-sent events: the model of a page, now and after each change.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{self, Stream};
use kube::ResourceExt as _;
use store::StoredSelection;
use tokio::time::{sleep, timeout};

use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::state::Ui;
use crate::subject::Subject;
use platform::clock;

/// The minimum pause between two events of a stream: changes within it are combined in one event.
const PAUSE: Duration = Duration::from_millis(300);
/// How often permissions are reviewed again even if nothing changes.
const RECHECK: Duration = Duration::from_mins(1);
/// The text that the browser shows at the end of the stream.
const GONE: &str = "This ModelSelection is gone: it was deleted, or this operator can no longer read it. The page shows its last state.";

pub(crate) async fn of_list(State(ui): State<Ui>, caller: Extension<Caller>) -> Result<impl IntoResponse, Refusal> {
    events(Subject::List, ui, caller).await
}

pub(crate) async fn of_report(
    State(ui): State<Ui>,
    Path((namespace, name)): Path<(String, String)>,
    caller: Extension<Caller>,
) -> Result<impl IntoResponse, Refusal> {
    events(Subject::One { namespace, name }, ui, caller).await
}

async fn events(
    subject: Subject,
    mut ui: Ui,
    Extension(caller): Extension<Caller>,
) -> Result<impl IntoResponse, Refusal> {
    // A refusal is a normal response, before the stream starts.
    subject.selections(&mut ui, &caller).await?;
    Ok(Sse::new(stream(Reader { subject, ui, caller, seen: None, ended: false })).keep_alive(KeepAlive::default()))
}

fn stream(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    })
}

/// The versions of the selections that the last event contained.
type Versions = Vec<(Option<String>, Option<String>)>;

/// The reader of an open page.
struct Reader {
    subject: Subject,
    ui: Ui,
    caller: Caller,
    seen: Option<Versions>,
    ended: bool,
}

impl Reader {
    /// The next event, as soon as there is a change; `None` if the caller may see nothing more.
    async fn next(&mut self) -> Option<Event> {
        while !self.ended {
            match self.subject.selections(&mut self.ui, &self.caller).await {
                Ok(selections) => {
                    let versions = versions(&selections);
                    if self.seen.as_ref() != Some(&versions) {
                        self.seen = Some(versions);
                        let model = self.subject.model(&self.ui, &self.caller, selections).await;
                        return Some(Event::default().event("model").data(model));
                    }
                }
                Err(Refusal::NoSelection { .. }) => {
                    self.ended = true;
                    return Some(Event::default().event("gone").data(GONE));
                }
                // This error is transient.
                Err(Refusal::NotYet | Refusal::Unreviewed(_)) => {}
                Err(_) => self.ended = true,
            }
            self.change().await;
        }
        None
    }

    /// Waits until something changes, or until permissions must be reviewed again.
    async fn change(&mut self) {
        // Without a sender, the process is about to exit.
        if let Ok(Err(_)) = timeout(clock::real(RECHECK), self.ui.stores.changed()).await {
            self.ended = true;
        }
        sleep(PAUSE).await;
    }
}

fn versions(selections: &[Arc<StoredSelection>]) -> Versions {
    selections.iter().map(|selection| (selection.uid(), selection.resource_version())).collect()
}
