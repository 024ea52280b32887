//! `plan --show-requests`: the requests that the operator sends for a manifest, made by the operator's own functions.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

use api::{ModelSelectionSpec, RunState, RunStatus, plain};
use catalog::{Model, Shared, job_request};
use decide::derived::Derivations;
use decide::effective::instance_type;
use decide::fingerprint::Source;
use decide::identity::Identity;
use decide::plan::{ResolvedVersion, definition};
use decide::problem::Problem;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, ResourceExt as _};
use sagemaker::JobRequest;
use serde::Serialize;
use serde_json::Value;
use view::effect::Comparison;
use view::text::count;

use crate::args::{DocumentFormat, PlanArgs};
use crate::cluster::Cluster;
use crate::failure::Failure;
use crate::hub::{Hub, NO_REGION};
use crate::output;

/// The location of the selection, now or after it is applied.
pub(super) struct SelectionLocation<'a> {
    pub(super) namespace: String,
    pub(super) name: String,
    /// `None` if the cluster must not be called.
    pub(super) cluster: Option<&'a Cluster>,
}

/// A request, with its run.
#[derive(Serialize)]
struct RequestOfRun {
    candidate: String,
    dataset: String,
    request: Value,
}

/// The descriptions of models, by id and version.
type Models = BTreeMap<(String, String), Result<Model, Problem>>;

/// Prints the request of each run that waits for its tuning job. Returns whether every run has one.
pub(super) async fn show(
    mut comparison: Comparison<'_>,
    location: &SelectionLocation<'_>,
    plan: &PlanArgs,
) -> Result<bool, Failure> {
    let scope = scope(location, plan).await?;
    let hub = hub(&comparison, plan).await.map_err(Failure::Message)?;
    // A manifest without a region uses that of the AWS environment.
    comparison.region = hub.region().map_or(comparison.region, str::to_owned);
    let versions = versions(&hub, &comparison).await;
    let Comparison { spec, region, open_selectors, .. } = &comparison;
    let models = models(&hub, spec, &versions).await;
    let inputs = Inputs { spec, region, versions: &versions, models: &models, open: *open_selectors };
    let runs = comparison.plan(&versions).runs.into_iter();
    let waiting: Vec<RunStatus> = runs.filter(|run| run.state == RunState::Waiting && !run.attached).collect();
    let request = |run: &RunStatus| inputs.request(run, &identity(&scope, location, spec, run));
    let requests: Vec<_> = waiting.iter().map(request).collect();
    let complete = requests.iter().all(Result::is_ok);
    print(&waiting, requests, plan.output).await?;
    notes(&comparison);
    Ok(complete)
}

/// The version of each candidate's model: from the status, otherwise from the hub.
async fn versions(hub: &Hub, comparison: &Comparison<'_>) -> Vec<Option<ResolvedVersion>> {
    let mut versions = Vec::new();
    for candidate in &comparison.spec.candidates {
        versions.push(match (&candidate.jump_start, comparison.known_version(candidate)) {
            (None, _) => None,
            (Some(_), Some(version)) => Some(Ok(version)),
            (Some(model), None) => Some(hub.version(model).await),
        });
    }
    versions
}

/// Notes about values that the requests do not contain.
fn notes(comparison: &Comparison<'_>) {
    if comparison.open_selectors > 0 {
        let selectors = count(comparison.open_selectors, "selector");
        output::note(&format!("{selectors}: which models are found is known to the operator only"));
    }
    if comparison.spec.suspend {
        output::note("spec.suspend is true: nothing is sent before it is false");
    }
}

async fn print(
    runs: &[RunStatus],
    requests: Vec<Result<JobRequest, Problem>>,
    format: Option<DocumentFormat>,
) -> Result<(), Failure> {
    let mut requests_of_runs = Vec::new();
    for (run, request) in runs.iter().zip(requests) {
        let written = match &request {
            Ok(request) => sagemaker::preview(request).await.map_err(|error| error.to_string()),
            Err(problem) => Err(format!("{}: {}", problem.reason.as_str(), problem.message)),
        };
        let of_run = format!("candidate '{}', dataset '{}'", run.candidate, run.dataset);
        if let Ok(JobRequest { warning: Some(warning), .. }) = &request {
            output::note(&format!("warning: {of_run}: {warning}"));
        }
        match written {
            Ok(request) => {
                requests_of_runs.push(RequestOfRun {
                    candidate: run.candidate.clone(),
                    dataset: run.dataset.clone(),
                    request,
                });
            }
            Err(why) => output::complain(&format!("{of_run}: {}", plain(&why))),
        }
    }
    match format {
        None | Some(DocumentFormat::Json) => output::json("RequestList", &requests_of_runs),
        Some(DocumentFormat::Yaml) => output::yaml("RequestList", &requests_of_runs),
    }
}

/// The cluster's name in the operator's configuration.
async fn scope(location: &SelectionLocation<'_>, plan: &PlanArgs) -> Result<String, Failure> {
    if let Some(name) = &plan.requests.cluster_name {
        return Ok(name.clone());
    }
    let missing = |why: &str| Failure::Message(format!("{why}: give the operator's --cluster-name"));
    let cluster = location.cluster.ok_or_else(|| missing("the names of jobs depend on the cluster"))?;
    let namespaces: Api<Namespace> = Api::all(cluster.client.clone());
    match namespaces.get("kube-system").await {
        Ok(namespace) => Ok(namespace.uid().unwrap_or_default()),
        Err(kube::Error::Api(status)) if status.code == 403 => {
            Err(missing("you may not read the namespace kube-system, whose uid names the cluster"))
        }
        Err(error) => Err(error.into()),
    }
}

async fn hub(comparison: &Comparison<'_>, plan: &PlanArgs) -> Result<Hub, String> {
    let given = plan.requests.models.clone().or_else(cache);
    let folder = given.ok_or("neither XDG_CACHE_HOME nor HOME is set: give a folder by --models")?;
    let (region, endpoint) = (&comparison.region, plan.requests.sagemaker_endpoint.clone());
    // An explicit endpoint is always called: it may be a local one.
    if plan.offline && endpoint.is_none() {
        return if region.is_empty() { Err(NO_REGION.to_owned()) } else { Ok(Hub::offline(&folder, region)) };
    }
    Hub::online(&folder, region, endpoint).await
}

/// The folder of models in the user's cache.
fn cache() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    Some(caches?.join("kubectl-modelselection/models"))
}

/// The models of all candidates.
async fn models(hub: &Hub, spec: &ModelSelectionSpec, versions: &[Option<ResolvedVersion>]) -> Models {
    let mut models = Models::new();
    for (candidate, version) in spec.candidates.iter().zip(versions) {
        let (Some(model), Some(Ok(version))) = (&candidate.jump_start, version) else { continue };
        let key = (model.model_id.clone(), version.clone());
        if let Entry::Vacant(unknown) = models.entry(key) {
            let (id, version) = unknown.key();
            let model = hub.model(id, version).await;
            unknown.insert(model);
        }
    }
    models
}

fn identity<'a>(
    scope: &'a str,
    location: &'a SelectionLocation<'_>,
    spec: &'a ModelSelectionSpec,
    run: &'a RunStatus,
) -> Identity<'a> {
    Identity {
        scope,
        namespace: &location.namespace,
        name: &location.name,
        candidate: &run.candidate,
        dataset: &run.dataset,
        definition: run.definition.as_deref().unwrap_or_default(),
        rerun: &spec.rerun,
        attempt: run.attempt,
    }
}

/// The inputs of the requests.
struct Inputs<'a> {
    spec: &'a ModelSelectionSpec,
    region: &'a str,
    versions: &'a [Option<ResolvedVersion>],
    models: &'a Models,
    /// Selectors that may add candidates.
    open: usize,
}

impl Inputs<'_> {
    /// The request of a run, or why it has none.
    fn request(&self, run: &RunStatus, identity: &Identity<'_>) -> Result<JobRequest, Problem> {
        let Self { spec, region, versions, models, .. } = self;
        let derivations = Derivations::new(spec);
        derivations.over_budget().map_or(Ok(()), Err)?;
        let unknown = || Problem::new(api::Reason::InvalidSpec, "the spec has no such candidate or dataset".to_owned());
        let candidates = spec.candidates.iter().zip(*versions);
        let of_run = candidates.into_iter().find(|(candidate, _)| candidate.name == run.candidate);
        let (candidate, version) = of_run.ok_or_else(unknown)?;
        let dataset = spec.datasets.iter().find(|dataset| dataset.name == run.dataset).ok_or_else(unknown)?;
        let definition = definition(spec, region, dataset, candidate, version.as_ref())?;
        let model = match &definition.source {
            Source::JumpStart { model_id, version } => {
                let model = models.get(&(model_id.clone(), version.clone())).ok_or_else(unknown)?;
                Some(model.as_ref().map_err(Problem::clone)?)
            }
            Source::Image { .. } | Source::Algorithm { .. } | Source::TuningJob { .. } => None,
        };
        let request = job_request(&derivations, &definition, model, identity)?;
        let shared = self.shared();
        shared.unknown(&definition, candidate).map_or(Ok(request), |name| Err(shared.problem(spec, name)))
    }

    /// The hyperparameters fixed for all candidates that no candidate has. Empty while a candidate is unknown: it
    /// may have them.
    fn shared(&self) -> Shared {
        let Self { spec, versions, models, open, .. } = self;
        let mut shared = if *open > 0 { Shared::default() } else { Shared::of(spec) };
        for (candidate, version) in spec.candidates.iter().zip(*versions) {
            let Some(model) = &candidate.jump_start else { continue };
            let known = version.as_ref().and_then(|version| version.as_ref().ok());
            match known.and_then(|version| models.get(&(model.model_id.clone(), version.clone()))) {
                Some(Ok(model)) => shared.see(model, instance_type(spec, candidate)),
                _ => return Shared::default(),
            }
        }
        shared
    }
}
