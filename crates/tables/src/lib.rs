//! Reads the tables of all training jobs, which `spec.collect: All` keeps in `ConfigMap`s, for those who show them.
//!
//! The operator does not read its own tables with this: it also checks whose they are and whether they are whole.

use std::collections::BTreeMap;

use api::{BestTrainingJob, ModelSelection, Trials};
use decide::table_pages;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client, ResourceExt as _};

/// The training jobs in a table of `selection`, with those of their metrics and hyperparameters that its spec refers to.
/// `None` when a page is gone or cannot be read.
///
/// # Errors
/// When the API server does not answer, or the caller has no right to get `ConfigMap`s in the namespace of the selection.
pub async fn read(
    client: &Client,
    selection: &ModelSelection,
    table: &Trials,
) -> kube::Result<Option<Vec<BestTrainingJob>>> {
    read_pages(client, selection, table, |page| table_pages::training_jobs(page, &selection.spec)).await
}

/// The training jobs in a table of `selection`, with everything that the table says of them, for exports. `None` when a page
/// is gone or cannot be read.
///
/// # Errors
/// As of [`read`].
pub async fn read_whole(
    client: &Client,
    selection: &ModelSelection,
    table: &Trials,
) -> kube::Result<Option<Vec<BestTrainingJob>>> {
    read_pages(client, selection, table, table_pages::whole_training_jobs).await
}

async fn read_pages<E>(
    client: &Client,
    selection: &ModelSelection,
    table: &Trials,
    parse: impl Fn(&BTreeMap<String, String>) -> Result<Vec<BestTrainingJob>, E>,
) -> kube::Result<Option<Vec<BestTrainingJob>>> {
    let pages: Api<ConfigMap> = Api::namespaced(client.clone(), selection.namespace().as_deref().unwrap_or("default"));
    let wanted = usize::try_from(table.count).unwrap_or(0);
    let mut jobs = Vec::new();
    for number in 0.. {
        if jobs.len() >= wanted {
            break;
        }
        let Some(page) = pages.get_opt(&table_pages::page_name(&table.config_map, number)).await? else {
            return Ok(None);
        };
        match parse(&page.data.unwrap_or_default()) {
            Ok(more) if !more.is_empty() => jobs.extend(more),
            _ => return Ok(None),
        }
    }
    Ok(Some(jobs))
}
