//! The permissions that the operator needs in the cluster, as in `deploy/rbac.yaml`. They are checked in advance,
//! because otherwise a missing one would only show when a selection first needs it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::time::{sleep, timeout};

use platform::readiness::Readiness;

/// The readiness part that is reported here.
pub(super) const PART: &str = "rights";
/// How soon a missing permission is checked again.
const RECHECK: Duration = Duration::from_secs(2);
/// How often permissions are checked once they are complete.
const RECHECK_WHEN_THERE: Duration = Duration::from_secs(60);

/// API group, resource, subresource, verbs.
type Rule = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// Needed in all watched namespaces.
const SELECTIONS: &[Rule] = &[
    ("modelselection.dev", "modelselections", "", &["list", "watch", "patch"]),
    ("modelselection.dev", "modelselections", "status", &["patch"]),
    ("events.k8s.io", "events", "", &["create", "patch"]),
];
/// Needed in all watched namespaces, but only for `collect: All`. Some of these may be used long after they were
/// revoked, so a missing one is reported in advance, as a warning.
const TABLES: &[Rule] = &[("", "configmaps", "", &["get", "create", "patch"])];
/// Needed in the namespace of the Lease.
const LEASE: &[Rule] = &[("coordination.k8s.io", "leases", "", &["get", "create", "update"])];

/// The Lease that the permissions on Leases are for.
pub(super) struct LeaseName {
    pub(super) namespace: String,
    pub(super) name: String,
}

/// Reports the missing permissions, continuously.
pub(super) async fn watch(
    client: Client,
    namespaces: Vec<String>,
    lease: Option<LeaseName>,
    readiness: Arc<Readiness>,
) {
    let (needed, of_tables) = (needed(&namespaces, lease.as_ref()), everywhere(TABLES, &namespaces));
    loop {
        let asked = async { tokio::try_join!(missing(&client, &needed), missing(&client, &of_tables)) };
        // Without a response nothing is known; other checks report that.
        let pause = match timeout(Duration::from_secs(10), asked).await {
            Ok(Ok((missing, of_tables))) => {
                let pause = if missing.is_none() { RECHECK_WHEN_THERE } else { RECHECK };
                readiness.warn(PART, of_tables.map(|missing| format!("{missing}; `collect: All` needs it")));
                readiness.set(PART, missing.map_or(Ok(()), Err));
                pause
            }
            // Without the permission to ask, nothing is known.
            Ok(Err(kube::Error::Api(status))) if status.is_forbidden() => {
                readiness.set(PART, Ok(()));
                RECHECK_WHEN_THERE
            }
            Ok(Err(_)) | Err(_) => RECHECK,
        };
        sleep(pause).await;
    }
}

/// Which of these permissions are missing, and the remedy; `None` if all are granted.
async fn missing(client: &Client, needed: &[ResourceAttributes]) -> kube::Result<Option<String>> {
    let answers = try_join_all(needed.iter().map(|right| has(client, right))).await?;
    let missing = needed.iter().zip(answers).filter(|(_, has)| !has).map(|(right, _)| in_words(right));
    let missing: Vec<String> = missing.collect::<BTreeSet<String>>().into_iter().collect();
    let message = || format!("the operator may not {}; apply deploy/rbac.yaml", missing.join(", "));
    Ok((!missing.is_empty()).then(message))
}

fn everywhere(rules: &'static [Rule], namespaces: &[String]) -> Vec<ResourceAttributes> {
    let all = [String::new()];
    let places = if namespaces.is_empty() { &all } else { namespaces };
    places.iter().flat_map(|place| rights(rules, place)).collect()
}

fn needed(namespaces: &[String], lease: Option<&LeaseName>) -> Vec<ResourceAttributes> {
    let leases = lease.into_iter().flat_map(|lease| {
        rights(LEASE, &lease.namespace).map(|right| match right.verb.as_deref() {
            // A create has no object name to check.
            Some("create") => right,
            _ => ResourceAttributes { name: Some(lease.name.clone()), ..right },
        })
    });
    everywhere(SELECTIONS, namespaces).into_iter().chain(leases).collect()
}

fn rights(rules: &'static [Rule], namespace: &str) -> impl Iterator<Item = ResourceAttributes> {
    rules.iter().flat_map(move |(group, resource, subresource, verbs)| {
        verbs.iter().map(move |verb| ResourceAttributes {
            group: Some((*group).to_owned()),
            resource: Some((*resource).to_owned()),
            subresource: Some((*subresource).to_owned()),
            verb: Some((*verb).to_owned()),
            namespace: Some(namespace.to_owned()),
            ..ResourceAttributes::default()
        })
    })
}

async fn has(client: &Client, right: &ResourceAttributes) -> kube::Result<bool> {
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(right.clone()), ..Default::default() };
    let review = SelfSubjectAccessReview { spec, ..Default::default() };
    let answer = reviews.create(&PostParams::default(), &review).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

/// As a phrase, e.g. `patch modelselections/status in team-a`.
fn in_words(right: &ResourceAttributes) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let subresource = right.subresource.iter().filter(|part| !part.is_empty()).map(|part| format!("/{part}"));
    let place = match right.namespace.as_deref() {
        None | Some("") => "all namespaces",
        Some(namespace) => namespace,
    };
    format!("{} {}{} in {place}", text(&right.verb), text(&right.resource), subresource.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_depend_on_the_namespaces_of_selections_and_lease() {
        let lease = LeaseName { namespace: "system".into(), name: "operator".into() };
        let everywhere: Vec<String> = needed(&[], Some(&lease)).iter().map(in_words).collect();
        let expected = [
            "list modelselections in all namespaces",
            "watch modelselections in all namespaces",
            "patch modelselections in all namespaces",
            "patch modelselections/status in all namespaces",
            "create events in all namespaces",
            "patch events in all namespaces",
            "get leases in system",
            "create leases in system",
            "update leases in system",
        ];
        assert_eq!(everywhere, expected);
        let two: Vec<String> = needed(&["a".into(), "b".into()], None).iter().map(in_words).collect();
        assert_eq!(two.len(), 12);
        assert!(two[..6].iter().all(|right| right.ends_with(" in a")), "{two:?}");
        assert!(two[6..].iter().all(|right| right.ends_with(" in b")), "{two:?}");
    }
}
