//! Reads the tables of all training jobs, which `spec.collect: All` keeps in `ConfigMap`s, for display.
//!
//! The operator does not read its own tables with this crate: it also checks their owner and completeness.

use std::collections::BTreeMap;

use api::{BestTrainingJob, ModelSelection, Trials};
use decide::table_pages;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client, ResourceExt as _};

/// The training jobs in a table of `selection`, with the metrics and hyperparameters that its spec refers to.
/// `None` if a page is missing or cannot be read.
///
/// # Errors
/// If the API server does not respond, or the caller may not get `ConfigMap`s in the selection's namespace.
pub async fn read(
    client: &Client,
    selection: &ModelSelection,
    table: &Trials,
) -> kube::Result<Option<Vec<BestTrainingJob>>> {
    read_pages(client, selection, table, |page| table_pages::training_jobs(page, &selection.spec)).await
}

/// The training jobs in a table of `selection`, with everything that the table says of them, for exports. `None` when a
/// page is gone or cannot be read.
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
