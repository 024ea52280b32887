//! `plan` and `diff`: show the effect of applying a manifest.

mod requests;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use api::{ModelSelection, RunStatus};
use kube::ResourceExt as _;
use kube::api::ListParams;
use lint::Linter;
use serde_json::Value;
use view::effect::{Comparison, effect};
use view::page::{Look, Page};
use view::pages;

use self::requests::SelectionLocation;
use crate::args::{ClusterArgs, DocumentFormat, PlanArgs};
use crate::cluster::Cluster;
use crate::failure::{Failure, Outcome};
use crate::{manifest, output};

/// The exit code if there are changes.
const CHANGES: u8 = 2;

pub(crate) async fn plan(args: &ClusterArgs, plan: &PlanArgs, look: Look) -> Outcome {
    let wanted = selection(&plan.file)?;
    let cluster = if plan.offline { None } else { Some(connect(args, &wanted).await?) };
    let (current, all) = match &cluster {
        Some(cluster) => in_cluster(cluster, &wanted).await?,
        None => (None, Vec::new()),
    };
    let comparison = Comparison::new(&wanted.spec, current.as_ref(), plan.region.as_deref().unwrap_or_default());
    let effect = effect(&comparison, &history(&all));
    if plan.show_requests {
        let namespace = match &cluster {
            Some(cluster) => cluster.namespace.clone(),
            None => args.namespace.clone().or_else(|| wanted.namespace()).unwrap_or_else(|| "default".to_owned()),
        };
        let location = SelectionLocation { namespace, name: wanted.name_any(), cluster: cluster.as_ref() };
        if !requests::show(comparison, &location, plan).await? {
            return Ok(ExitCode::FAILURE);
        }
    } else {
        match plan.output {
            None => output::page(&pages::effect(&wanted.name_any(), &effect), look)?,
            Some(DocumentFormat::Json) => output::json("PlanList", std::slice::from_ref(&effect))?,
            Some(DocumentFormat::Yaml) => output::yaml("PlanList", std::slice::from_ref(&effect))?,
        }
    }
    Ok(if effect.is_nothing() { ExitCode::SUCCESS } else { ExitCode::from(CHANGES) })
}

pub(crate) async fn diff(args: &ClusterArgs, file: &Path, look: Look) -> Outcome {
    let wanted = selection(file)?;
    let (current, all) = in_cluster(&connect(args, &wanted).await?, &wanted).await?;
    let spec = |selection: &ModelSelection| serde_json::to_value(&selection.spec).map_err(std::io::Error::other);
    let before = current.as_ref().map(spec).transpose()?.unwrap_or_default();
    let after = spec(&wanted)?;
    let mut page = Page::default();
    for (path, (old, new)) in differences(&before, &after) {
        let shown = |value: Option<String>| value.unwrap_or_else(|| "(none)".to_owned());
        page.line([format!("spec{path}: {} → {}", shown(old), shown(new)).into()]);
    }
    let fields = page.0.len();
    let effect = effect(&Comparison::new(&wanted.spec, current.as_ref(), ""), &history(&all));
    if fields > 0 {
        page.gap();
    }
    page.0.extend(pages::effect(&wanted.name_any(), &effect).0);
    output::page(&page, look)?;
    Ok(if fields == 0 && effect.is_nothing() { ExitCode::SUCCESS } else { ExitCode::from(CHANGES) })
}

/// The selection of a file, if the API server would accept it.
fn selection(file: &Path) -> Result<ModelSelection, Failure> {
    let documents = manifest::read(file)?;
    let unusable = |words: String| Failure::Message(format!("{}: {words}", file.display()));
    let [document] = documents.iter().filter(|document| manifest::is_selection(document)).collect::<Vec<_>>()[..]
    else {
        return Err(unusable("there must be exactly one ModelSelection of modelselection.dev/v1alpha1".to_owned()));
    };
    let faults = Linter::new().check(document);
    if !faults.is_empty() {
        return Err(unusable(faults.join("; ")));
    }
    serde_json::from_value(lint::stored(document.clone())).map_err(|error| unusable(error.to_string()))
}

/// The cluster, with the namespace of the flags, otherwise of the manifest.
async fn connect(args: &ClusterArgs, wanted: &ModelSelection) -> Result<Cluster, Failure> {
    let mut cluster = Cluster::connect(args).await?;
    if let (None, Some(namespace)) = (&args.namespace, wanted.namespace()) {
        cluster.namespace = namespace;
    }
    Ok(cluster)
}

/// The selection as it is in the cluster, and all selections of its namespace.
async fn in_cluster(
    cluster: &Cluster,
    wanted: &ModelSelection,
) -> Result<(Option<ModelSelection>, Vec<ModelSelection>), Failure> {
    let all = cluster.selections().list(&ListParams::default()).await?.items;
    let current = all.iter().find(|selection| selection.name_any() == wanted.name_any()).cloned();
    Ok((current, all))
}

fn history(all: &[ModelSelection]) -> Vec<&RunStatus> {
    all.iter().flat_map(|selection| &selection.status).flat_map(|status| &status.runs).collect()
}

/// Old and new of each field that differs, by its path.
type Differences = BTreeMap<String, (Option<String>, Option<String>)>;

fn differences(before: &Value, after: &Value) -> Differences {
    let mut found = Differences::new();
    let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
    leaves(before, "", &mut old);
    leaves(after, "", &mut new);
    for path in old.keys().chain(new.keys()) {
        if old.get(path) != new.get(path) {
            found.insert(path.clone(), (old.get(path).cloned(), new.get(path).cloned()));
        }
    }
    found
}

/// The values by their paths; list items are identified by name, so an additional item is one difference.
fn leaves(value: &Value, path: &str, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| leaves(value, &format!("{path}.{name}"), found));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = item["name"].as_str().or_else(|| item["metric"].as_str());
                let key = name.map_or_else(|| index.to_string(), str::to_owned);
                leaves(item, &format!("{path}[{key}]"), found);
            }
        }
        Value::Null => {}
        other => drop(found.insert(path.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_manifest_that_the_server_would_take_is_read() {
        let mut manifest = samples::manifest("least");
        // The server stores a whole float as an integer.
        manifest["spec"]["datasets"][0]["trainingSize"] = json!(155.0);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), manifest.to_string()).unwrap();
        let read = selection(file.path()).unwrap();
        assert_eq!(read.spec.datasets[0].training_size, Some(155));
    }

    #[test]
    fn differences_are_named_by_field_and_item() {
        let before = json!({"a": {"b": "1"}, "list": [{"name": "x", "v": 1}, {"name": "y", "v": 2}]});
        let after = json!({"a": {"b": "2"}, "list": [{"name": "y", "v": 2}], "c": true});
        let found: Vec<String> = differences(&before, &after).into_keys().collect();
        assert_eq!(found, [".a.b", ".c", ".list[x].name", ".list[x].v"]);
    }
}
