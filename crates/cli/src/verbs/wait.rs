//! `wait`: waits until a selection reaches a state.

use std::process::ExitCode;
use std::time::Duration;

use futures::StreamExt as _;
use kube::ResourceExt as _;
use view::page::Look;
use view::pages;
use view::wait::{Goal, Verdict, verdict};

use super::status::changes;
use crate::args::WaitGoal;
use crate::cluster::Cluster;
use crate::failure::{Failure, Outcome};
use crate::{clock, output};

/// The exit code of a timeout.
const TIMEOUT: u8 = 3;

pub(crate) async fn run(cluster: &Cluster, name: Option<&str>, goal: WaitGoal, timeout: Option<Duration>) -> Outcome {
    let name = cluster.selection(name).await?.name_any();
    let waited = follow(cluster, &name, goal);
    let Some(timeout) = timeout else { return waited.await };
    match tokio::time::timeout(timeout, waited).await {
        Ok(outcome) => outcome,
        Err(_) => {
            output::note(&format!("{name}: not reached within {} s", timeout.as_secs()));
            Ok(ExitCode::from(TIMEOUT))
        }
    }
}

/// Follows the selection, with one line on standard error per change.
async fn follow(cluster: &Cluster, name: &str, goal: WaitGoal) -> Outcome {
    let goal = match goal {
        WaitGoal::Complete => Goal::Complete,
        WaitGoal::Launched => Goal::Launched,
        WaitGoal::Front => Goal::Front,
    };
    let mut changes = std::pin::pin!(changes(cluster, name));
    let mut last = String::new();
    while let Some(selection) = changes.next().await {
        let selection = selection?;
        let news = pages::news(&selection, clock::now()).render(Look { width: None, color: false, ascii: false });
        if news != last {
            output::note(news.trim_end());
            last = news;
        }
        if let Some(verdict) = verdict(&selection, goal) {
            return Ok(match verdict {
                Verdict::Reached => ExitCode::SUCCESS,
                Verdict::EndedWithout => ExitCode::from(1),
                Verdict::Stalled => ExitCode::from(2),
            });
        }
    }
    Err(Failure::Message(format!("the watch of ModelSelection '{name}' has ended")))
}
