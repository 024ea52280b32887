//! `doctor`: checks everything that selections need, with a line and a remedy for each check.

mod account;
pub(crate) mod check;
mod definition;
pub(crate) mod installation;
mod operator;
mod permissions;
mod prices;

use std::process::ExitCode;

use api::ModelSelection;
use kube::api::ListParams;
use kube::{Api, Client};
use view::page::{Column, Look, Page, Table, Text, Tone};
use view::text::count;

use self::check::{Check, Verdict, unasked};
use self::installation::Installation;
use crate::args::{AwsArgs, ClusterArgs, DoctorArgs, DocumentFormat};
use crate::cluster::Cluster;
use crate::failure::Outcome;
use crate::{clock, output};

/// The scope of the checks.
pub(crate) struct Scope<'a> {
    /// Whether to include the selections of all namespaces.
    pub(crate) all_namespaces: bool,
    /// The operator's namespace, for users who may not list all namespaces.
    pub(crate) operator_namespace: &'a str,
    /// How to reach AWS; `None` makes no call to AWS.
    pub(crate) aws: Option<&'a AwsArgs>,
}

pub(crate) async fn run(cluster: &ClusterArgs, args: &DoctorArgs, look: Look) -> Outcome {
    let scope = Scope {
        all_namespaces: args.all_namespaces,
        operator_namespace: &args.operator_namespace,
        aws: (!args.offline).then_some(&args.aws),
    };
    let found = match Cluster::connect(cluster).await {
        Ok(cluster) => checks(&cluster, &scope).await,
        Err(failure) => {
            let remedy = "choose another with --context or --kubeconfig";
            let mut found = vec![Check::failed("api server", failure.to_string(), remedy)];
            found.extend(aws(&scope, None, &[]).await);
            found
        }
    };
    match args.output {
        None => output::page(&page(&found), look)?,
        Some(DocumentFormat::Json) => output::json("CheckList", &found)?,
        Some(DocumentFormat::Yaml) => output::yaml("CheckList", &found)?,
    }
    let failed = found.iter().any(|check| check.verdict == Verdict::Failed);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Runs all checks, one after the other.
pub(crate) async fn checks(cluster: &Cluster, scope: &Scope<'_>) -> Vec<Check> {
    let client = &cluster.client;
    let version = match client.apiserver_version().await {
        Ok(version) => Check::ok("api server", format!("Kubernetes {}", version.git_version)),
        Err(error) => {
            let message = unasked("api server", &error).message;
            let mut found = vec![Check::failed("api server", message, "check the kubeconfig and the network")];
            found.extend(aws(scope, None, &[]).await);
            return found;
        }
    };
    let mut found = vec![version, definition::check(client).await];
    let (installations, of_operator) = operators(client, scope).await;
    found.extend(of_operator);
    found.push(permissions::of_caller(client, &cluster.namespace).await);
    let selections = match selections(cluster, scope.all_namespaces).await {
        Ok(selections) => selections,
        Err(error) => {
            found.push(unasked("selections", &error));
            Vec::new()
        }
    };
    let region = installations.iter().find_map(|found| found.region.clone());
    found.extend(aws(scope, region.as_deref(), &selections).await);
    found.extend(prices::checks(&selections));
    found
}

/// The installations of the operator, and their findings.
async fn operators(client: &Client, scope: &Scope<'_>) -> (Vec<Installation>, Vec<Check>) {
    let deployments = match installation::deployments(client, scope.operator_namespace).await {
        Ok(deployments) if deployments.is_empty() => return (Vec::new(), vec![operator::missing()]),
        Ok(deployments) => deployments,
        Err(error) => return (Vec::new(), vec![unasked("operator", &error)]),
    };
    let (mut installations, mut checks) = (Vec::new(), Vec::new());
    for deployment in &deployments {
        let Some(found) = installation::read(deployment) else { continue };
        checks.extend(operator::checks(client, deployment, &found, clock::now()).await);
        checks.push(permissions::of_operator(client, &found).await);
        installations.push(found);
    }
    (installations, checks)
}

async fn aws(scope: &Scope<'_>, region: Option<&str>, selections: &[ModelSelection]) -> Vec<Check> {
    match scope.aws {
        Some(args) => account::checks(args, region, selections).await,
        None => account::skipped("AWS is not asked: --offline"),
    }
}

/// The selections of the namespace, or all.
pub(crate) async fn selections(cluster: &Cluster, all_namespaces: bool) -> kube::Result<Vec<ModelSelection>> {
    let all: Api<ModelSelection> = Api::all(cluster.client.clone());
    let listed = if all_namespaces { all } else { cluster.selections() };
    Ok(listed.list(&ListParams::default()).await?.items)
}

fn page(found: &[Check]) -> Page {
    let mut table = Table::new(&[("", Column::Fixed), ("CHECK", Column::Fixed), ("RESULT", Column::Flexible)]);
    table.wrapped = true;
    for check in found {
        let tone = match check.verdict {
            Verdict::Ok => Tone::Good,
            Verdict::Skipped => Tone::Faint,
            Verdict::Warning | Verdict::Failed => Tone::Bad,
        };
        let remedy = check.remedy.as_ref().map_or(String::new(), |remedy| format!(" → {remedy}"));
        let result = format!("{}{remedy}", check.message);
        table.rows.push(vec![
            Text::from(check.verdict.word()).tone(tone),
            check.check.as_str().into(),
            result.as_str().into(),
        ]);
    }
    let of = |verdict: Verdict| found.iter().filter(|check| check.verdict == verdict).count();
    let (failed, warnings, skipped) = (of(Verdict::Failed), of(Verdict::Warning), of(Verdict::Skipped));
    let mut page = Page::default();
    page.table(table);
    page.line([
        format!("{failed} failed, {}, {skipped} skipped, {} ok", count(warnings, "warning"), of(Verdict::Ok)).into()
    ]);
    page
}
