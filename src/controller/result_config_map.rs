//! The `ConfigMap` with the winner, for `spec.resultConfigMap`: reads it and writes it if necessary.

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Resource as _, ResourceExt as _};

use super::api_server::{ApiServerError, answered};
use super::pass::Pass;
use api::{FIELD_MANAGER, ModelSelectionSpec, ModelSelectionStatus, Reason, WantedCondition};
use decide::problem::Problem;
use decide::result_config_map::{Found, Step, Wanted, condition, step, wanted};
use decide::retry::{Outcome, Task};
use sagemaker::Class;

/// Keeps the winner in the `ConfigMap` that the spec names. Returns the condition with the outcome; `None` if the
/// spec names no `ConfigMap`.
pub(super) async fn keep(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    status: &ModelSelectionStatus,
) -> Option<WantedCondition> {
    let name = spec.result_config_map.as_deref()?;
    let (task, wanted) = (Task::PublishResult, wanted(spec, status));
    let problem = match published(pass, name, &wanted).await {
        Ok(()) => {
            pass.succeeded(&task);
            None
        }
        Err(problem) => {
            let passing = problem.reason == Reason::RetryingAfterError;
            tracing::info!(config_map = name, why = problem.message, "the winner is not written");
            pass.failed(task, if passing { Outcome::Fault(Class::Transient) } else { Outcome::Refused });
            Some(problem)
        }
    };
    Some(condition(name, &wanted, problem.as_ref()))
}

async fn published(pass: &Pass<'_>, name: &str, wanted: &Wanted) -> Result<(), Problem> {
    let api = Api::namespaced(pass.ctx.client.clone(), pass.selection.namespace().as_deref().unwrap_or("default"));
    let problem = |error: ApiServerError| refused(name, &error);
    let existing: Option<ConfigMap> = answered(api.get_opt(name)).await.map_err(problem)?;
    match step(name, wanted, &found(pass, existing.as_ref())) {
        Step::Leave => Ok(()),
        Step::Refuse(problem) => Err(problem),
        Step::Write => {
            write(&api, named(pass, name), wanted, existing.and_then(|map| map.metadata.uid)).await.map_err(problem)
        }
        Step::Create => {
            // Created before it is filled: if another client creates it first, that object is not changed.
            let created = answered(api.create(&manager(), &named(pass, name))).await.map_err(problem)?;
            write(&api, named(pass, name), wanted, created.metadata.uid).await.map_err(problem)
        }
    }
}

/// The owner of the `ConfigMap`.
fn found(pass: &Pass<'_>, existing: Option<&ConfigMap>) -> Found {
    let Some(map) = existing else { return Found::Nothing };
    let ours = map.owner_references().iter().any(|owner| owner.uid == pass.uid && owner.controller == Some(true));
    if ours && map.metadata.deletion_timestamp.is_none() {
        Found::Ours(map.data.clone().unwrap_or_default())
    } else {
        Found::Other
    }
}

/// Replaces the data of exactly the object that was read, and removes obsolete keys.
async fn write(
    api: &Api<ConfigMap>,
    map: ConfigMap,
    wanted: &Wanted,
    uid: Option<String>,
) -> Result<(), ApiServerError> {
    let name = map.name_any();
    let metadata = ObjectMeta { uid, ..map.metadata };
    let patch = Patch::Apply(ConfigMap { metadata, data: Some(wanted.data.clone()), ..ConfigMap::default() });
    answered(api.patch(&name, &PatchParams::apply(FIELD_MANAGER).force(), &patch)).await?;
    tracing::info!(config_map = name, winner = wanted.has_winner, "result written");
    Ok(())
}

fn manager() -> PostParams {
    PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() }
}

/// The `ConfigMap` without data.
fn named(pass: &Pass<'_>, name: &str) -> ConfigMap {
    let labels = [
        ("modelselection.dev/selection".to_owned(), pass.selection.name_any()),
        ("app.kubernetes.io/managed-by".to_owned(), FIELD_MANAGER.to_owned()),
    ];
    let owner = pass.selection.controller_owner_ref(&());
    // Blocking the owner's deletion would need a permission on its finalizers, and has no use.
    let owner = owner.map(|owner| OwnerReference { block_owner_deletion: None, ..owner });
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: pass.selection.namespace(),
            labels: Some(labels.into()),
            owner_references: owner.map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        ..ConfigMap::default()
    }
}

/// Why the API server rejects it, with a remedy.
fn refused(name: &str, error: &ApiServerError) -> Problem {
    let ApiServerError::Refused(kube::Error::Api(status)) = error else {
        return Problem::new(
            Reason::RetryingAfterError,
            format!("the ConfigMap '{name}' cannot be written: {error}; trying again"),
        );
    };
    let (reason, remedy) = match status.code {
        403 => (Reason::AccessDenied, "allow the operator to get, create and patch configmaps (deploy/rbac.yaml)"),
        400 | 413 | 422 => (Reason::InvalidRequest, "choose another name for `resultConfigMap`, or fewer datasets"),
        _ => (Reason::RetryingAfterError, "trying again"),
    };
    Problem::new(reason, format!("the ConfigMap '{name}' cannot be written: {error}; {remedy}"))
}
