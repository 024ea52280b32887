//! The permissions of the operator's service account, and those of the user.

use std::collections::BTreeSet;

use api::permissions::{cluster_identity, for_tables, in_words, needed};
use futures::future::try_join_all;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec, SubjectAccessReview,
    SubjectAccessReviewSpec,
};
use kube::api::PostParams;
use kube::{Api, Client};

use super::check::{Check, unasked};
use super::installation::Installation;

const OPERATOR: &str = "operator permissions";
const CALLER: &str = "your permissions";
const REMEDY: &str = "apply deploy/rbac.yaml, or set rbac.create=true of the chart";

/// The permissions that each verb of the plugin needs.
const VERBS: &[(&str, &str, &str, &str)] = &[
    ("list", "modelselection.dev", "modelselections", "every verb"),
    ("get", "modelselection.dev", "modelselections", "every verb"),
    ("watch", "modelselection.dev", "modelselections", "wait and status --watch"),
    ("patch", "modelselection.dev", "modelselections", "suspend, resume, rerun and stop"),
    ("get", "", "configmaps", "export, promote and the report of plot, with collect: All"),
];

/// Whether the operator's service account has all permissions that the operator needs.
pub(super) async fn of_operator(client: &Client, found: &Installation) -> Check {
    let mut permissions = needed(&found.namespaces, found.lease.as_ref());
    if !found.names_cluster {
        permissions.push(cluster_identity());
    }
    let tables = for_tables(&found.namespaces);
    let asked = async {
        let needed = try_join_all(permissions.iter().map(|permission| account_has(client, found, permission))).await?;
        Ok::<_, kube::Error>((
            needed,
            try_join_all(tables.iter().map(|permission| account_has(client, found, permission))).await?,
        ))
    };
    let account = format!("{}/{}", found.namespace, found.service_account);
    match asked.await {
        Ok((needed, for_tables)) => judge(&account, &lacking(&permissions, &needed), &lacking(&tables, &for_tables)),
        Err(error) => unasked(OPERATOR, &error),
    }
}

fn judge(account: &str, needed: &[String], for_tables: &[String]) -> Check {
    let may_not = |permissions: &[String]| format!("service account {account} may not {}", permissions.join(", "));
    match (needed, for_tables) {
        ([], []) => Check::ok(OPERATOR, format!("service account {account} may do all that the operator does")),
        ([], tables) => Check::warning(OPERATOR, format!("{}; collect: All needs it", may_not(tables)), REMEDY),
        (needed, _) => Check::failed(OPERATOR, may_not(needed), REMEDY),
    }
}

/// Whether the user may use the plugin's verbs in a namespace.
pub(super) async fn of_caller(client: &Client, namespace: &str) -> Check {
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let asked = try_join_all(VERBS.iter().map(|(verb, group, resource, _)| {
        let spec = SelfSubjectAccessReviewSpec {
            resource_attributes: Some(attributes(verb, group, resource, namespace)),
            ..Default::default()
        };
        let reviews = reviews.clone();
        async move {
            let review = SelfSubjectAccessReview { spec, ..Default::default() };
            let answer = reviews.create(&PostParams::default(), &review).await?;
            Ok::<_, kube::Error>(answer.status.is_some_and(|status| status.allowed))
        }
    }));
    match asked.await {
        Ok(answers) => judge_caller(namespace, &answers),
        Err(error) => unasked(CALLER, &error),
    }
}

fn judge_caller(namespace: &str, answers: &[bool]) -> Check {
    let lacking: Vec<String> = VERBS
        .iter()
        .zip(answers)
        .filter(|(_, allowed)| !**allowed)
        .map(|((verb, _, resource, needs), _)| format!("{verb} {resource} (for {needs})"))
        .collect();
    match lacking.as_slice() {
        [] => Check::ok(CALLER, format!("you may use all verbs in namespace {namespace}")),
        lacking => Check::warning(
            CALLER,
            format!("in namespace {namespace} you may not {}", lacking.join(", ")),
            "ask an administrator for the role modelselection-view or modelselection-edit of the chart (userRoles)",
        ),
    }
}

fn attributes(verb: &str, group: &str, resource: &str, namespace: &str) -> ResourceAttributes {
    ResourceAttributes {
        group: Some(group.to_owned()),
        resource: Some(resource.to_owned()),
        verb: Some(verb.to_owned()),
        namespace: Some(namespace.to_owned()),
        ..ResourceAttributes::default()
    }
}

async fn account_has(client: &Client, found: &Installation, permission: &ResourceAttributes) -> kube::Result<bool> {
    let reviews: Api<SubjectAccessReview> = Api::all(client.clone());
    let namespace = &found.namespace;
    let groups = ["system:serviceaccounts", &format!("system:serviceaccounts:{namespace}"), "system:authenticated"];
    let spec = SubjectAccessReviewSpec {
        user: Some(format!("system:serviceaccount:{namespace}:{}", found.service_account)),
        groups: Some(groups.map(str::to_owned).to_vec()),
        resource_attributes: Some(permission.clone()),
        ..Default::default()
    };
    let review = SubjectAccessReview { spec, ..Default::default() };
    let answer = reviews.create(&PostParams::default(), &review).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

fn lacking(permissions: &[ResourceAttributes], answers: &[bool]) -> Vec<String> {
    let lacking = permissions.iter().zip(answers).filter(|(_, has)| !**has).map(|(permission, _)| in_words(permission));
    lacking.collect::<BTreeSet<String>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::check::Verdict;
    use super::*;

    #[test]
    fn what_tables_need_is_only_a_warning() {
        let one = ["patch events in all namespaces".to_owned()];
        assert_eq!(judge("s/a", &[], &[]).verdict, Verdict::Ok);
        assert_eq!(judge("s/a", &[], &one).verdict, Verdict::Warning);
        let failed = judge("s/a", &one, &one);
        assert_eq!(failed.message, "service account s/a may not patch events in all namespaces");
        assert_eq!(failed.verdict, Verdict::Failed);
    }

    #[test]
    fn what_a_person_may_not_is_told_with_the_verbs_that_need_it() {
        assert_eq!(judge_caller("vision", &[true; 5]).verdict, Verdict::Ok);
        let found = judge_caller("vision", &[true, true, true, false, true]);
        assert!(found.message.contains("patch modelselections (for suspend, resume, rerun and stop)"), "{found:?}");
    }
}
