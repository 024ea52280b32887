//! Who may see the pages.

use std::process::Command;

use k8s_openapi::api::rbac::v1::RoleBinding;
use kube::api::DeleteParams;
use kube::{Api, Client};
use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::json;
use testkit::manifests::apply;
use testkit::world::DEADLINE;
use testkit::{
    ControlPlane, Emulator, Operator, OperatorOptions, Selection, World, await_until, fresh_namespace, install_crd,
    shared,
};

use super::site::{Site, token};

#[tokio::test]
async fn this_machine_needs_no_token_and_no_other_name_is_answered() {
    let site = Site::new();
    let environment = site.for_this_machine();
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (&**name, &**value)).collect();
    let world = World::start(shared().await, "pages", &["--speed", "0"], &environment).await;
    world.apply(&Selection::new("sel").images(&["a"])).await;
    world.await_launched("sel").await;
    let path = format!("/ui/{}/sel", world.namespace);

    let list = site.get("/ui").await;
    assert_eq!((list.status, &list.headers["content-type"]), (200, &"text/html; charset=utf-8".parse().unwrap()));
    let policy = list.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(list.headers[name], value);
    }
    assert_eq!(site.get("/ui/model.json").await.listed(), [format!("{}/sel", world.namespace)]);
    let report = site.get(&path).await;
    assert!(report.status == 200 && report.text.contains("<title>sel - model selection</title>"), "{report:?}");
    assert_eq!(site.get(&format!("{path}/model.json")).await.json()["selections"][0]["name"], "sel");
    let home = site.get("/").await;
    assert_eq!((home.status, &home.headers["location"]), (307, &"/ui".parse().unwrap()));

    let none = site.get(&format!("/ui/{}/other", world.namespace)).await;
    assert!(none.status == 404 && none.text.contains("knows no ModelSelection 'other'"), "{none:?}");
    let nowhere = site.answer(site.request("/nowhere").header(ACCEPT, "text/html")).await;
    assert!(nowhere.status == 404 && nowhere.text.contains("<h1>No such page</h1>"), "{nowhere:?}");
    let hostile = site.get("/ui/%3Cscript%3E%1b%5B2J/x").await;
    assert!(hostile.status == 404 && !hostile.text.contains('\u{1b}'), "{hostile:?}");
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let refused = site.answer(client.request(method, site.url(&path))).await;
        assert!(refused.status == 405 && refused.text.contains("read-only"), "{refused:?}");
        assert_eq!(refused.headers["x-content-type-options"], "nosniff");
    }

    // A page of another site whose name leads here is the browser's to read: it gets nothing.
    for path in ["/ui", "/ui/model.json", "/ui/events", &path] {
        let rebound = site.get_for_host("evil.example:8090", path).await;
        assert!(rebound.status == 421 && rebound.text.contains("http://localhost"), "{rebound:?}");
        assert!(!rebound.text.contains(&world.namespace), "{rebound:?}");
    }
    // A port forward has a port of its own.
    assert_eq!(site.get_for_host("localhost:1234", "/ui").await.status, 200);
}

/// A service account with a role in some namespaces, and its token.
async fn account(
    plane: &ControlPlane,
    home: &str,
    name: &str,
    rules: &serde_json::Value,
    namespaces: &[&str],
) -> String {
    let client = plane.client();
    let kubeconfig = plane.kubeconfig_for_service_account(home, name).await;
    for namespace in namespaces {
        grant(&client, home, name, rules, namespace).await;
    }
    token(&kubeconfig)
}

async fn grant(client: &Client, home: &str, name: &str, rules: &serde_json::Value, namespace: &str) {
    let (kind, api) = ("Role", "rbac.authorization.k8s.io");
    for object in [
        json!({"apiVersion": format!("{api}/v1"), "kind": kind, "metadata": {"name": name, "namespace": namespace}, "rules": rules}),
        json!({"apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": {"name": name, "namespace": namespace},
               "roleRef": {"apiGroup": api, "kind": kind, "name": name},
               "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": home}]}),
    ] {
        apply(client, &object).await.unwrap_or_else(|error| panic!("{object}: {error}"));
    }
}

fn rule(verbs: &[&str]) -> serde_json::Value {
    json!([{"apiGroups": ["modelselection.dev"], "resources": ["modelselections"], "verbs": verbs}])
}

#[tokio::test]
async fn elsewhere_a_token_and_its_permissions_decide() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, testkit::programs::CRD.as_ref()).await;
    let (one, two) = (fresh_namespace(&client, "one").await, fresh_namespace(&client, "two").await);
    for namespace in [&one, &two] {
        apply(&client, &Selection::new("sel").images(&["a"]).manifest(namespace)).await.unwrap();
    }
    let emulator = Emulator::start(&["--speed", "0"]).await;
    let site = Site::new();
    let mut options = OperatorOptions::new(plane, &emulator, &format!("{one},{two}"));
    options.extra_env = site.for_others();
    let mut operator = Operator::start(options);
    operator.await_ready(DEADLINE).await;

    let viewer = account(plane, &one, "viewer", &rule(&["get", "list"]), &[&one]).await;
    let both = account(plane, &one, "both", &rule(&["get", "list"]), &[&one, &two]).await;
    let getter = account(plane, &one, "getter", &rule(&["get"]), &[&one]).await;
    let nobody = account(plane, &one, "nobody", &rule(&[]), &[]).await;
    let expired = format!("{}x", &viewer[..viewer.len() - 8]);
    let (of_one, of_two) = (format!("/ui/{one}/sel"), format!("/ui/{two}/sel"));
    let (missing, unknown) = (format!("/ui/{one}/missing"), format!("/ui/{two}/missing"));

    for path in ["/ui", "/ui/model.json", "/ui/events", &of_one, "/nowhere"] {
        let refused = site.get(path).await;
        assert!(refused.status == 401 && refused.text.contains("Authorization: Bearer TOKEN"), "{path}: {refused:?}");
        assert_eq!(refused.headers["www-authenticate"], "Bearer realm=\"modelselection\"");
        for wrong in ["wrong", &expired] {
            let refused = site.get_as(wrong, path).await;
            assert!(
                refused.status == 401 && refused.text.contains("does not accept this token"),
                "{path}: {refused:?}"
            );
        }
    }
    for (who, token, path, status) in [
        ("viewer", &viewer, &*of_one, 200),
        ("viewer", &viewer, &of_two, 403),
        ("viewer", &viewer, "/ui", 200),
        ("viewer", &viewer, "/ui/model.json", 200),
        ("viewer", &viewer, &missing, 404),
        // Whether it is there is nothing that they may know.
        ("viewer", &viewer, &unknown, 403),
        ("both", &both, &of_two, 200),
        ("getter", &getter, &of_one, 200),
        ("getter", &getter, "/ui", 403),
        ("getter", &getter, "/ui/events", 403),
        ("nobody", &nobody, "/ui", 403),
        ("nobody", &nobody, &of_one, 403),
        ("nobody", &nobody, "/nowhere", 404),
    ] {
        let answer = site.get_as(token, path).await;
        assert_eq!(answer.status, status, "{who} {path}: {answer:?}");
        if status == 403 {
            let user = format!("system:serviceaccount:{one}:{who} may not");
            assert!(answer.text.contains(&user) && answer.text.contains("modelselections in"), "{answer:?}");
        }
    }
    assert_eq!(site.get_as(&viewer, "/ui/model.json").await.listed(), [format!("{one}/sel")]);
    let mut all = [format!("{one}/sel"), format!("{two}/sel")];
    all.sort();
    assert_eq!(site.get_as(&both, "/ui/model.json").await.listed(), all);
    // By whatever name others reach it: without cookies there is nothing that a rebound name could use.
    let named = site.request("/ui").header("host", "ui.example").bearer_auth(&viewer);
    assert_eq!(site.answer(named).await.status, 200);
    for secret in [&viewer, &both, &expired] {
        assert!(!operator.logs().contains(&**secret), "a token in the log");
    }
}

#[tokio::test]
async fn an_open_page_ends_when_its_caller_loses_the_right() {
    let plane = shared().await;
    let client = plane.client();
    let site = Site::new();
    let mut environment = site.for_others();
    // Its minutes are seconds.
    environment.push(("MODELSELECTION_TIME_SCALE".to_owned(), "60".to_owned()));
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (&**name, &**value)).collect();
    let world = World::start(plane, "revoked", &["--speed", "0"], &environment).await;
    world.apply(&Selection::new("sel").images(&["a"])).await;
    world.await_launched("sel").await;
    let viewer = account(plane, &world.namespace, "viewer", &rule(&["get", "list"]), &[&world.namespace]).await;
    let path = format!("/ui/{}/sel", world.namespace);
    await_until("it is served", DEADLINE, async || site.get_as(&viewer, &path).await.status == 200).await;
    let mut events = site.events_as(&viewer, &format!("{path}/events")).await;
    events.await_model("the state", |_| true).await;
    let bindings: Api<RoleBinding> = Api::namespaced(client, &world.namespace);
    bindings.delete("viewer", &DeleteParams::default()).await.unwrap();
    while events.next().await.is_some() {}
    assert_eq!(site.get_as(&viewer, &path).await.status, 403);
}

#[tokio::test]
async fn an_operator_that_may_not_review_says_so_and_lets_nobody_in() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, testkit::programs::CRD.as_ref()).await;
    let namespace = fresh_namespace(&client, "unreviewed").await;
    let emulator = Emulator::start(&["--speed", "0"]).await;
    let site = Site::new();
    let rules = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    let mut options = OperatorOptions::new(plane, &emulator, &namespace);
    options.kubeconfig = plane.kubeconfig_for_service_account(&namespace, "operator").await;
    grant(&client, &namespace, "operator", &rules, &namespace).await;
    options.extra_env = site.for_others();
    options.extra_env.push(("MODELSELECTION_CLUSTER_NAME".to_owned(), "test".to_owned()));
    let operator = Operator::start(options);
    await_until("a warning", DEADLINE, async || match operator.get("/readyz").await {
        Ok((200, text)) if text.contains("may not create") => {
            assert!(
                text.contains("tokenreviews") && text.contains("deploy/components/ui-authenticated/rbac.yaml"),
                "{text}"
            );
            Ok(())
        }
        other => Err(other),
    })
    .await;
    let viewer = account(plane, &namespace, "viewer", &rule(&["get", "list"]), &[&namespace]).await;
    let refused = site.get_as(&viewer, "/ui").await;
    assert!(refused.status == 503 && refused.text.contains("could not be asked about this token"), "{refused:?}");
}

#[test]
fn it_does_not_start_where_others_could_read_without_a_token() {
    let output = Command::new(testkit::programs::operator())
        .env_clear()
        .env("MODELSELECTION_UI_LISTEN", "0.0.0.0:8090")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    for word in ["--ui-listen 0.0.0.0:8090", "--ui-authenticate", "127.0.0.1", "kubectl port-forward"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}
