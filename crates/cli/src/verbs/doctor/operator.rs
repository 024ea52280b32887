//! The operator: its Pods, its leader, and its readiness.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{GetParams, ListParams};
use kube::core::Request;
use kube::{Api, Client, ResourceExt as _};
use view::text::duration;

use super::check::{Check, unasked};
use super::installation::Installation;

/// The version of the operator that holds the Lease.
const VERSION_ANNOTATION: &str = "modelselection.dev/operator-version";
/// The name of the operator's port, and its number if it has no name.
const PORT: &str = "http";
const PORT_NUMBER: i32 = 8080;
/// The timeout of a Pod's response: the API server itself would wait for half a minute.
const PATIENCE: Duration = Duration::from_secs(5);
const PODS: &str = "operator";
const LEADER: &str = "leader";
const READY: &str = "readyz";

/// The findings about one installation.
pub(super) async fn checks(
    client: &Client,
    deployment: &Deployment,
    found: &Installation,
    now: Timestamp,
) -> Vec<Check> {
    let mut checks = vec![replicas(deployment), leader(client, found, now).await];
    let pods: Api<Pod> = Api::namespaced(client.clone(), &found.namespace);
    match pods.list(&ListParams::default().labels(&found.pods)).await {
        Ok(pods) if pods.items.is_empty() => checks.push(Check::skipped(READY, "there is no Pod to ask")),
        Ok(pods) => {
            for pod in pods.items {
                checks.push(readiness(client, &pod).await);
            }
        }
        Err(error) => checks.push(unasked(READY, &error)),
    }
    checks
}

/// No Deployment was found.
pub(super) fn missing() -> Check {
    Check::failed(
        PODS,
        "there is no Deployment of the operator (label app.kubernetes.io/component=operator)",
        "install it (docs/install.md), or name its namespace with --operator-namespace",
    )
}

fn replicas(deployment: &Deployment) -> Check {
    let place = format!("{}/{}", deployment.namespace().unwrap_or_default(), deployment.name_any());
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let available = deployment.status.as_ref().and_then(|status| status.available_replicas).unwrap_or(0);
    let message = format!("Deployment {place}: {available} of {wanted} replicas available");
    let namespace = deployment.namespace().unwrap_or_default();
    let remedy = format!("kubectl describe pods -n {namespace} -l app.kubernetes.io/component=operator");
    match (available, wanted) {
        (_, 0) => Check::failed(
            PODS,
            message,
            format!("kubectl scale -n {namespace} deployment/{} --replicas 1", deployment.name_any()),
        ),
        (0, _) => Check::failed(PODS, message, remedy),
        _ if available < wanted => Check::warning(PODS, message, remedy),
        _ => Check::ok(PODS, message),
    }
}

async fn leader(client: &Client, found: &Installation, now: Timestamp) -> Check {
    let Some(lease) = &found.lease else {
        return Check::ok(LEADER, "none: leader election is off");
    };
    let leases: Api<Lease> = Api::namespaced(client.clone(), &lease.namespace);
    match leases.get_opt(&lease.name).await {
        Ok(held) => judge_lease(&format!("{}/{}", lease.namespace, lease.name), held.as_ref(), now),
        Err(error) => unasked(LEADER, &error),
    }
}

/// The leader, and the time since its last renewal.
fn judge_lease(place: &str, lease: Option<&Lease>, now: Timestamp) -> Check {
    const REMEDY: &str = "see why in the operator's logs: it needs the API server and permissions on the Lease";
    let spec = lease.and_then(|lease| lease.spec.as_ref());
    let holder = spec.and_then(|spec| spec.holder_identity.as_deref()).filter(|holder| !holder.is_empty());
    let Some((lease, spec, holder)) = lease.zip(spec).zip(holder).map(|((lease, spec), holder)| (lease, spec, holder))
    else {
        return Check::failed(LEADER, format!("nobody holds the Lease {place}"), REMEDY);
    };
    let renewed = spec.renew_time.as_ref().map(|time| now.duration_since(time.0));
    let lasts = SignedDuration::from_secs(i64::from(spec.lease_duration_seconds.unwrap_or(15)));
    let age = renewed.map_or_else(|| "never".to_owned(), |age| format!("{} ago", duration(age.as_secs())));
    let version = lease.annotations().get(VERSION_ANNOTATION).map(String::as_str);
    let message = format!("{holder} holds the Lease {place}, renewed {age}, version {}", version.unwrap_or("unknown"));
    if renewed.is_none_or(|age| age > lasts) {
        return Check::failed(LEADER, message, REMEDY);
    }
    match version {
        Some(version) if version != env!("CARGO_PKG_VERSION") => Check::warning(
            LEADER,
            format!("{message}; this plugin is {}", env!("CARGO_PKG_VERSION")),
            "install the plugin of the operator's release",
        ),
        _ => Check::ok(LEADER, message),
    }
}

/// A Pod's response to `/readyz`, through the API server.
async fn readiness(client: &Client, pod: &Pod) -> Check {
    let (namespace, name) = (pod.namespace().unwrap_or_default(), pod.name_any());
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}:{}/proxy", port(pod));
    let Ok(request) = Request::new(path).get("readyz", &GetParams::default()) else {
        return Check::skipped(READY, format!("Pod {name} has no address"));
    };
    match tokio::time::timeout(PATIENCE, client.request_text(request)).await {
        Ok(answer) => judge_answer(&name, answer),
        Err(_) => {
            Check::skipped(READY, format!("{name}: no answer through the API server in {} s", PATIENCE.as_secs()))
        }
    }
}

/// The port of the probes.
fn port(pod: &Pod) -> i32 {
    let ports =
        pod.spec.iter().flat_map(|spec| &spec.containers).flat_map(|container| container.ports.iter().flatten());
    ports.into_iter().find(|port| port.name.as_deref() == Some(PORT)).map_or(PORT_NUMBER, |port| port.container_port)
}

fn judge_answer(pod: &str, answer: kube::Result<String>) -> Check {
    let one_line = |text: &str| format!("{pod}: {}", text.trim().lines().collect::<Vec<_>>().join("; "));
    match answer {
        Ok(text) if text.contains("warning: ") => {
            Check::warning(READY, one_line(&text), "do what the message says, or see docs/troubleshooting.md")
        }
        Ok(text) => Check::ok(READY, one_line(&text)),
        // The API server responds with JSON and its own reasons; any other response is the operator's.
        Err(kube::Error::Api(status)) if status.code == 503 && status.reason != "ServiceUnavailable" => {
            Check::failed(READY, one_line(&status.message), "do what the message says, or see docs/troubleshooting.md")
        }
        Err(error) => unasked(READY, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Verdict;
    use super::*;
    use serde_json::{Value, json};

    fn lease(renewed: &str, version: &str) -> Lease {
        serde_json::from_value(json!({
            "metadata": {"annotations": {VERSION_ANNOTATION: version}},
            "spec": {"holderIdentity": "pod-1", "leaseDurationSeconds": 15, "renewTime": renewed},
        }))
        .unwrap()
    }

    #[test]
    fn a_leader_that_has_gone_is_noticed() {
        let now = "2026-11-24T12:00:10Z".parse().unwrap();
        let own = env!("CARGO_PKG_VERSION");
        let found = judge_lease("system/lease", Some(&lease("2026-11-24T12:00:08.000000Z", own)), now);
        assert_eq!(found.message, format!("pod-1 holds the Lease system/lease, renewed 2s ago, version {own}"));
        assert_eq!(found.verdict, Verdict::Ok);
        let older = judge_lease("system/lease", Some(&lease("2026-11-24T12:00:08.000000Z", "0.0.1")), now);
        assert_eq!(older.verdict, Verdict::Warning);
        let gone = judge_lease("system/lease", Some(&lease("2026-11-24T11:00:00.000000Z", own)), now);
        assert!(gone.verdict == Verdict::Failed && gone.message.contains("renewed 1h0m ago"), "{gone:?}");
        assert_eq!(judge_lease("system/lease", None, now).message, "nobody holds the Lease system/lease");
    }

    #[test]
    fn replicas_are_compared_with_those_that_are_wanted() {
        let of = |spec: Value, status: Value| {
            let deployment = json!({"metadata": {"name": "op", "namespace": "system"}, "status": status,
                "spec": {"replicas": spec, "selector": {}, "template": {}}});
            replicas(&serde_json::from_value(deployment).unwrap()).verdict
        };
        assert_eq!(of(json!(2), json!({"availableReplicas": 2})), Verdict::Ok);
        assert_eq!(of(json!(2), json!({"availableReplicas": 1})), Verdict::Warning);
        assert_eq!(of(json!(2), json!({})), Verdict::Failed);
        assert_eq!(of(json!(0), json!({})), Verdict::Failed);
    }

    #[test]
    fn what_the_operator_says_is_told_from_what_the_api_server_says() {
        let api = |code: u16, reason: &str, message: &str| {
            Err(kube::Error::Api(kube::core::Status::failure(message, reason).with_code(code).boxed()))
        };
        assert_eq!(judge_answer("pod", Ok("ok\n".into())).verdict, Verdict::Ok);
        assert_eq!(judge_answer("pod", Ok("ok\nwarning: permissions: x\n".into())).verdict, Verdict::Warning);
        let unready = judge_answer("pod", api(503, "Failed to parse error data", "aws credentials: none\n"));
        assert_eq!((unready.verdict, unready.message.as_str()), (Verdict::Failed, "pod: aws credentials: none"));
        assert_eq!(judge_answer("pod", api(503, "ServiceUnavailable", "no route")).verdict, Verdict::Skipped);
        assert_eq!(judge_answer("pod", api(403, "Forbidden", "no")).message, "you may not: no");
    }
}
