//! One file for each verb.

mod change;
mod complete;
mod doctor;
mod export;
mod get;
mod lint;
mod logs;
mod new;
mod pareto;
mod plan;
mod plot;
mod promote;
mod status;
mod support_bundle;
mod version;
mod wait;

use std::process::ExitCode;

use ::promote::Wish;
use clap::CommandFactory as _;

use crate::args::{Args, Verb};
use crate::cluster::Cluster;
use crate::failure::Outcome;
use crate::output;

/// Runs the verb of the arguments.
pub(crate) async fn run(args: Args) -> Outcome {
    let look = output::look(&args.look);
    let connect = || Cluster::connect(&args.cluster);
    match args.verb {
        Verb::Get { names, all_namespaces, output } => {
            get::run(&connect().await?, &names, all_namespaces, output, look).await
        }
        Verb::Status { name, watch: false, all, output } => {
            status::show(&connect().await?, name.as_deref(), all, output, look).await
        }
        Verb::Status { name, watch: true, all, output } => {
            status::watch(&connect().await?, name.as_deref(), all, output, look).await
        }
        Verb::Pareto { name, dataset, all, output } => {
            pareto::run(&connect().await?, name.as_deref(), dataset.as_deref(), all, output, look).await
        }
        Verb::Plot { name, dataset, x, y, log, linear, output } => {
            let choice = plot::choice(x, y, &log, &linear);
            plot::run(&connect().await?, name.as_deref(), dataset.as_deref(), &choice, output.as_deref(), look).await
        }
        Verb::Wait { name, goal, timeout } => wait::run(&connect().await?, name.as_deref(), goal, timeout).await,
        Verb::Suspend { target, stop } => change::suspend(&connect().await?, &target, stop).await,
        Verb::Stop { target } => change::suspend(&connect().await?, &target, true).await,
        Verb::Resume { target } => change::resume(&connect().await?, &target).await,
        Verb::Rerun { target, token } => change::rerun(&connect().await?, &target, token).await,
        Verb::Export { name, output } => export::run(&connect().await?, name.as_deref(), output).await,
        Verb::Promote { name, candidate, dataset, image, instance_type, output, directory } => {
            let wish = Wish {
                candidate: candidate.as_deref(),
                dataset: dataset.as_deref(),
                image: image.as_deref(),
                instance_type: instance_type.as_deref(),
            };
            promote::run(&connect().await?, name.as_deref(), &wish, output, directory.as_deref()).await
        }
        Verb::Plan(plan) => Box::pin(plan::plan(&args.cluster, &plan, look)).await,
        Verb::Diff { file } => plan::diff(&args.cluster, &file, look).await,
        Verb::Lint { file } => lint::run(&file),
        Verb::New(new) => new::run(&new, args.cluster.namespace.as_ref()),
        Verb::Logs(wanted) => logs::run(&connect().await?, &wanted).await,
        Verb::Doctor(wanted) => doctor::run(&args.cluster, &wanted, look).await,
        Verb::SupportBundle(wanted) => support_bundle::run(&args.cluster, &wanted).await,
        Verb::Version { client } => version::run(&args.cluster, client).await,
        Verb::Complete { words } => complete::run(&args.cluster, &words).await,
        Verb::Completion { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), program(), &mut script);
            output::text(&String::from_utf8_lossy(&script))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The name of the program.
fn program() -> String {
    let called = std::env::args_os().next().map(std::path::PathBuf::from);
    let name = called.as_deref().and_then(std::path::Path::file_stem);
    name.map_or_else(|| "kubectl-modelselection".to_owned(), |name| name.to_string_lossy().into_owned())
}
