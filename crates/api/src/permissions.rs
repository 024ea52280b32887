//! The permissions that the operator needs in the cluster: those of `deploy/rbac.yaml`. The operator checks its own,
//! and `kubectl msel doctor` checks those of its service account.

use k8s_openapi::api::authorization::v1::ResourceAttributes;

/// Group, resource, subresource, verbs.
type Rule = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// In all watched namespaces.
const SELECTIONS: &[Rule] = &[
    ("modelselection.dev", "modelselections", "", &["list", "watch", "patch"]),
    ("modelselection.dev", "modelselections", "status", &["patch"]),
    ("events.k8s.io", "events", "", &["create", "patch"]),
];
/// In all watched namespaces, but only for `collect: All` and `resultConfigMap`. Some of these may be used long after
/// they were revoked, so a missing one is reported in advance, as a warning.
const TABLES: &[Rule] = &[("", "configmaps", "", &["get", "create", "patch"])];
/// In the cluster as a whole, for pages whose callers are asked who they are.
const REVIEWS: &[Rule] = &[
    ("authentication.k8s.io", "tokenreviews", "", &["create"]),
    ("authorization.k8s.io", "subjectaccessreviews", "", &["create"]),
];
/// In the namespace of the Lease.
const LEASE: &[Rule] = &[("coordination.k8s.io", "leases", "", &["get", "create", "update"])];

/// The Lease that the permissions on Leases are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What the operator cannot work without. No namespaces means all; without a Lease there is no leader election.
pub fn needed(namespaces: &[String], lease: Option<&LeaseName>) -> Vec<ResourceAttributes> {
    let leases = lease.into_iter().flat_map(|lease| {
        of(LEASE, &lease.namespace).map(|right| match right.verb.as_deref() {
            // A create has no object name to check.
            Some("create") => right,
            _ => ResourceAttributes { name: Some(lease.name.clone()), ..right },
        })
    });
    everywhere(SELECTIONS, namespaces).into_iter().chain(leases).collect()
}

/// What only selections with `collect: All` need.
pub fn for_tables(namespaces: &[String]) -> Vec<ResourceAttributes> {
    everywhere(TABLES, namespaces)
}

/// What `--ui-authenticate` needs.
pub fn for_reviews() -> Vec<ResourceAttributes> {
    everywhere(REVIEWS, &[])
}

/// What the operator needs without `--cluster-name`: the uid of this namespace identifies the cluster.
pub fn cluster_identity() -> ResourceAttributes {
    ResourceAttributes {
        group: Some(String::new()),
        resource: Some("namespaces".to_owned()),
        verb: Some("get".to_owned()),
        name: Some("kube-system".to_owned()),
        ..ResourceAttributes::default()
    }
}

/// A permission in words, such as `patch modelselections/status in team-a`.
pub fn in_words(right: &ResourceAttributes) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let subresource = right.subresource.iter().filter(|part| !part.is_empty()).map(|part| format!("/{part}"));
    let place = match right.namespace.as_deref() {
        None | Some("") => "all namespaces",
        Some(namespace) => namespace,
    };
    format!("{} {}{} in {place}", text(&right.verb), text(&right.resource), subresource.collect::<String>())
}

fn everywhere(rules: &'static [Rule], namespaces: &[String]) -> Vec<ResourceAttributes> {
    let all = [String::new()];
    let places = if namespaces.is_empty() { &all } else { namespaces };
    places.iter().flat_map(|place| of(rules, place)).collect()
}

fn of(rules: &'static [Rule], namespace: &str) -> impl Iterator<Item = ResourceAttributes> {
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
