//! The `ConfigMap`s with the training jobs of runs.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::api::{Patch, PatchParams};
use kube::{Api, Resource as _, ResourceExt as _};

use super::api_server::{ApiServerError, answered};
use super::pass::Pass;
use api::{BestTrainingJob, FIELD_MANAGER, RunStatus, Trials};
use decide::front;
use decide::table_pages;

/// Annotation of a page that is followed by another one: the name of the next page.
const NEXT_PAGE: &str = "modelselection.dev/next-page";

/// Writes the table of a run, the last page first: if the first page exists, all pages do. Writing it again is
/// harmless.
pub(super) async fn write(
    pass: &Pass<'_>,
    run: &RunStatus,
    job: &str,
    training_jobs: &[BestTrainingJob],
) -> Result<Trials, ApiServerError> {
    let name = table_pages::name(&pass.uid, job);
    let pages = table_pages::pages(training_jobs, table_pages::PAGE_MAX);
    let last = pages.len() - 1;
    for (number, data) in pages.iter().enumerate().rev() {
        let next = (number < last).then(|| table_pages::page_name(&name, number + 1));
        let page = page_of(pass, run, table_pages::page_name(&name, number), next, data.clone());
        let params = PatchParams::apply(FIELD_MANAGER).force();
        let page_name = page.name_any();
        let api = api(pass);
        answered(api.patch(&page_name, &params, &Patch::Apply(&page))).await?;
    }
    tracing::info!(job, config_map = name, pages = pages.len(), training_jobs = training_jobs.len(), "table written");
    // Parsed back from its text, so that a restart reads the same values and changes nothing.
    let table =
        pages.iter().map(|page| table_pages::training_jobs(page, &pass.selection.spec)).collect::<Result<Vec<_>, _>>();
    if let Ok(table) = table {
        pass.ctx.tables.put(&pass.uid, pass.generation(), job, table.concat());
    }
    Ok(Trials { config_map: name, count: i32::try_from(training_jobs.len()).unwrap_or(i32::MAX) })
}

/// Reads the table of a run into memory. If the table is gone, the run loses its reference and wants a table again.
pub(super) async fn read(pass: &Pass<'_>, run: &mut RunStatus) -> Result<(), ApiServerError> {
    let (Some(job), Some(trials)) = (&run.tuning_job_name, &run.trials) else { return Ok(()) };
    if in_memory(pass).contains_key(job) {
        return Ok(());
    }
    match read_table(pass, &trials.config_map, Some(trials.count)).await? {
        Some(table) => pass.ctx.tables.put(&pass.uid, pass.generation(), job, table),
        None => {
            tracing::warn!(job, config_map = trials.config_map, "the table is gone or was changed; made again");
            run.trials = None;
        }
    }
    Ok(())
}

/// The tables that are in memory.
pub(super) fn in_memory(pass: &Pass<'_>) -> front::Tables {
    pass.ctx.tables.tables(&pass.uid, pass.generation())
}

/// Reads into memory a table that was already written but that no run refers to.
pub(super) async fn find(pass: &Pass<'_>, job: &str) -> Result<Option<Trials>, ApiServerError> {
    let config_map = table_pages::name(&pass.uid, job);
    let Some(table) = read_table(pass, &config_map, None).await? else { return Ok(None) };
    let count = i32::try_from(table.len()).unwrap_or(i32::MAX);
    pass.ctx.tables.put(&pass.uid, pass.generation(), job, table);
    Ok(Some(Trials { config_map, count }))
}

/// A table with all its pages; `None` if a page is missing or differs from what was written. If the number of training
/// jobs is unknown, the pages must be ones that this selection has written.
async fn read_table(
    pass: &Pass<'_>,
    first: &str,
    count: Option<i32>,
) -> Result<Option<Vec<BestTrainingJob>>, ApiServerError> {
    let mut table = Vec::new();
    for number in 0.. {
        let (api, name) = (api(pass), table_pages::page_name(first, number));
        let page = answered(api.get_opt(&name)).await?;
        let Some(page) = page.filter(|page| page.metadata.deletion_timestamp.is_none()) else { return Ok(None) };
        let ours = || page.owner_references().iter().any(|owner| owner.uid == pass.uid);
        if count.is_none() && !(page.immutable == Some(true) && ours()) {
            return Ok(None);
        }
        let data = page.data.unwrap_or_default();
        match table_pages::training_jobs(&data, &pass.selection.spec) {
            Ok(more) if !more.is_empty() => table.extend(more),
            _ => return Ok(None),
        }
        // Annotations can be changed even on an immutable object, so the count decides whether all pages are there.
        let all = count.is_some_and(|count| i32::try_from(table.len()).is_ok_and(|so_far| so_far >= count));
        if all || !page.metadata.annotations.is_some_and(|annotations| annotations.contains_key(NEXT_PAGE)) {
            break;
        }
    }
    Ok(count.is_none_or(|count| i32::try_from(table.len()) == Ok(count)).then_some(table))
}

fn page_of(
    pass: &Pass<'_>,
    run: &RunStatus,
    name: String,
    next: Option<String>,
    data: BTreeMap<String, String>,
) -> ConfigMap {
    let label = |key: &str, value: &str| (format!("modelselection.dev/{key}"), value.to_owned());
    // All of these are names that are valid as label values.
    let labels = [
        label("selection", &pass.selection.name_any()),
        label("candidate", &run.candidate),
        label("dataset", &run.dataset),
        label("tuning-job", run.tuning_job_name.as_deref().unwrap_or_default()),
        ("app.kubernetes.io/managed-by".to_owned(), FIELD_MANAGER.to_owned()),
    ];
    let owner = pass.selection.controller_owner_ref(&());
    // Blocking the owner's deletion would need the permission to update its finalizers, and brings no benefit.
    let owner = owner.map(|owner| OwnerReference { block_owner_deletion: None, ..owner });
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(name),
            namespace: pass.selection.namespace(),
            labels: Some(labels.into()),
            annotations: next.map(|next| [(NEXT_PAGE.to_owned(), next)].into()),
            owner_references: owner.map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        immutable: Some(true),
        data: Some(data),
        ..ConfigMap::default()
    }
}

fn api(pass: &Pass<'_>) -> Api<ConfigMap> {
    Api::namespaced(pass.ctx.client.clone(), pass.selection.namespace().as_deref().unwrap_or("default"))
}
