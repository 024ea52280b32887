//! The `ConfigMap`s that candidates refer to for externally measured values. They are read in every reconcile and not
//! watched: the operator has no permission to list users' `ConfigMap`s.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, ResourceExt as _};

use super::api_server::{ApiServerError, answered};
use super::pass::Pass;
use api::ModelSelectionSpec;
use decide::front::References;
use decide::retry::{Outcome, Task};
use sagemaker::Class;

/// The contents of the `ConfigMap`s, or why they cannot be read. `None` while the API server does not respond: the
/// fronts then stay as they are.
pub(super) async fn read(pass: &Pass<'_>, spec: &ModelSelectionSpec) -> Option<References> {
    let task = Task::ReadConfigMaps;
    if !pass.may_try(&task) {
        return None;
    }
    match read_all(pass, spec).await {
        Ok(references) => {
            pass.succeeded(&task);
            Some(references)
        }
        Err(error) => {
            tracing::warn!(%error, "cannot read the ConfigMaps of observed candidates");
            pass.failed(task, Outcome::Fault(Class::Transient));
            None
        }
    }
}

/// Reads all of them. A `ConfigMap` that does not exist, or that the operator may not read, is reported for its
/// candidates.
async fn read_all(pass: &Pass<'_>, spec: &ModelSelectionSpec) -> Result<References, ApiServerError> {
    let namespace = pass.selection.namespace().unwrap_or_default();
    let api: Api<ConfigMap> = Api::namespaced(pass.ctx.client.clone(), &namespace);
    let mut references = References::default();
    for name in References::wanted(spec) {
        let data = match answered(api.get(name)).await {
            Ok(found) => Ok(found.data.unwrap_or_default()),
            Err(ApiServerError::Refused(kube::Error::Api(status))) if status.is_not_found() => {
                Err(format!("does not exist in namespace '{namespace}'; create it, or correct `configMapKeyRef.name`"))
            }
            Err(ApiServerError::Refused(kube::Error::Api(status))) if status.is_forbidden() => {
                Err("may not be read by the operator; allow it to get configmaps (deploy/rbac.yaml)".to_owned())
            }
            Err(fault) => return Err(fault),
        };
        references.note(name, data);
    }
    Ok(references)
}
