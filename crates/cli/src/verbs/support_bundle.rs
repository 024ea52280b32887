//! `support-bundle`: collects the data for a bug report in one file, without secrets.

mod archive;
mod document;
mod gather;
mod redact;
mod secrets;

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use view::text::count;

use self::document::Document;
use super::doctor::Scope;
use crate::args::{ClusterArgs, SupportBundleArgs};
use crate::cluster::Cluster;
use crate::failure::Outcome;
use crate::{clock, output};

pub(crate) async fn run(cluster: &ClusterArgs, args: &SupportBundleArgs) -> Outcome {
    let cluster = Cluster::connect(cluster).await?;
    let scope = Scope {
        all_namespaces: args.all_namespaces,
        operator_namespace: &args.operator_namespace,
        aws: (!args.offline).then_some(&args.aws),
    };
    let now = clock::now();
    let name = format!("modelselection-support-{}", now.strftime("%Y%m%dT%H%M%SZ"));
    let (documents, redactions) = redact::redact(gather::all(&cluster, &scope, now).await, args.redact_account_ids);
    let redacted = redactions.len();
    let mut documents = documents;
    documents.push(Document::object("redactions.yaml", json!(redactions)));
    let file = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.tar.gz")));
    archive::write(&file, &name, &documents, now)?;
    output::note(&format!(
        "{}, {redacted} redacted: see {name}/redactions.yaml in it; review the rest before you share it",
        count(documents.len(), "file")
    ));
    output::lines_of([file.display().to_string()])?;
    Ok(ExitCode::SUCCESS)
}
