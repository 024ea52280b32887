//! The CRD: whether it is installed, and the one of this release.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, Client, ResourceExt as _};
use serde_json::Value;

use super::check::{Check, unasked};

const CHECK: &str = "crd";
const REMEDY: &str = "kubectl apply --server-side -f crds/modelselections.yaml, of the release of the operator";

pub(super) async fn check(client: &Client) -> Check {
    let own = api::crd();
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    match definitions.get_opt(&own.name_any()).await {
        Ok(installed) => judge(installed.as_ref(), &own),
        Err(error) => unasked(CHECK, &error),
    }
}

fn judge(installed: Option<&CustomResourceDefinition>, own: &CustomResourceDefinition) -> Check {
    let name = own.name_any();
    let Some(installed) = installed else {
        return Check::failed(CHECK, format!("{name} is not installed"), REMEDY);
    };
    let established = installed.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let refused = established.into_iter().find(|c| c.type_ == "Established" && c.status != "True");
    if let Some(refused) = refused {
        let why = refused.message.as_deref().unwrap_or("without a reason");
        return Check::failed(CHECK, format!("{name} is not served: {why}"), REMEDY);
    }
    let version = own.spec.versions.iter().map(|version| version.name.clone()).next().unwrap_or_default();
    match (schema(installed, &version), schema(own, &version)) {
        (None, _) => Check::failed(CHECK, format!("{name} does not serve {version}"), REMEDY),
        (installed, own) if installed == own => Check::ok(CHECK, format!("{name} {version}, that of this plugin")),
        (Some(installed), own) => Check::warning(
            CHECK,
            format!(
                "{name} {version} differs from that of this plugin{}",
                fields(&installed, &own.unwrap_or_default())
            ),
            "install the plugin of the operator's release, or upgrade the CRD and the operator",
        ),
    }
}

/// The schema of a served version.
fn schema(definition: &CustomResourceDefinition, version: &str) -> Option<Value> {
    let version = definition.spec.versions.iter().find(|found| found.name == version && found.served)?;
    serde_json::to_value(&version.schema).ok()
}

/// The fields of the spec that only one of the two has.
fn fields(installed: &Value, own: &Value) -> String {
    let fields = |schema: &Value| {
        let spec = &schema["openAPIV3Schema"]["properties"]["spec"]["properties"];
        spec.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
    };
    let (installed, own) = (fields(installed), fields(own));
    let only = |these: &[String], others: &[String]| {
        these.iter().filter(|field| !others.contains(field)).map(|field| format!("spec.{field}")).collect::<Vec<_>>()
    };
    let (there, here) = (only(&installed, &own), only(&own, &installed));
    let listed = |fields: Vec<String>, what: &str| {
        if fields.is_empty() { String::new() } else { format!("; {what}: {}", fields.join(", ")) }
    };
    listed(there, "only in the cluster") + &listed(here, "only in this plugin")
}

#[cfg(test)]
mod tests {
    use super::super::check::Verdict;
    use super::*;

    #[test]
    fn the_definition_is_compared_with_that_of_this_release() {
        let own = api::crd();
        assert_eq!(judge(Some(&own), &own).verdict, Verdict::Ok);
        assert_eq!(judge(None, &own).verdict, Verdict::Failed);
        let mut other = serde_json::to_value(&own).unwrap();
        let spec = &mut other["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
        spec.as_object_mut().unwrap().remove("prices");
        spec["surprise"] = serde_json::json!({"type": "string"});
        let found = judge(Some(&serde_json::from_value(other.clone()).unwrap()), &own);
        assert_eq!(found.verdict, Verdict::Warning);
        assert!(found.message.ends_with("only in the cluster: spec.surprise; only in this plugin: spec.prices"));
        other["spec"]["versions"][0]["served"] = serde_json::json!(false);
        let found = judge(Some(&serde_json::from_value(other).unwrap()), &own);
        assert_eq!(found.message, "modelselections.modelselection.dev does not serve v1alpha1");
    }
}
