//! The operator as a process: flags, probes, metrics, logs, and its exit.

use std::process::Command;
use std::time::Duration;

use api::{ModelSelection, Reason, RunState};
use kube::Api;
use kube::api::DeleteParams;
use serde_json::{Value, json};
use testkit::manifests::apply;
use testkit::operator::metrics;
use testkit::programs::CRD;
use testkit::status::{condition, run_of, runs_in};
use testkit::world::DEADLINE;
use testkit::{
    ControlPlane, ControlPlaneOptions, Emulator, Operator, OperatorOptions, Selection, World, await_until,
    fresh_namespace, install_crd, shared,
};

const CREATE: &str = "CreateHyperParameterTuningJob";

/// Waits until `/readyz` is not ready with these texts; `/livez` succeeds all the time.
async fn unready(operator: &mut Operator, texts: &[&str]) {
    await_until(&format!("/readyz says {texts:?}"), DEADLINE, async || {
        assert!(operator.is_running(), "{}", operator.logs());
        match operator.get("/readyz").await {
            Ok((503, text)) if texts.iter().all(|part| text.contains(part)) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    let (status, _) = operator.get("/livez").await.expect("an answer");
    assert_eq!(status, 200);
}

#[test]
fn help_names_the_variable_of_every_flag() {
    let output = Command::new(testkit::programs::operator()).arg("--help").env_clear().output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let flags: Vec<&str> = text
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("--"))
        .map(|word| word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()))
        .filter(|flag| !["help", "version"].contains(flag))
        .collect();
    assert!(flags.len() >= 9, "{flags:?}\n{text}");
    for flag in &flags {
        let variable = match *flag {
            // The standard variable of OpenTelemetry.
            "otlp-endpoint" => "[env: OTEL_EXPORTER_OTLP_ENDPOINT=".to_owned(),
            flag => format!("[env: MODELSELECTION_{}=", flag.replace('-', "_").to_uppercase()),
        };
        assert!(text.contains(&variable), "{variable} is not in:\n{text}");
    }
    assert!(text.contains("AWS_ENDPOINT_URL_SAGEMAKER") && text.contains("KUBECONFIG"));
}

#[tokio::test]
async fn it_waits_for_the_api_server_and_the_crd_and_says_so() {
    let plane = ControlPlane::start(ControlPlaneOptions::default()).await;
    let client = plane.client();
    let namespace = fresh_namespace(&client, "waits").await;
    let emulator = Emulator::start(&["--speed", "3000"]).await;
    let options = OperatorOptions::new(&plane, &emulator, &namespace);
    let mut operator = Operator::start(options.clone());
    unready(&mut operator, &["custom resource definition: ", "apply crds/modelselections.yaml"]).await;
    install_crd(&client, CRD.as_ref()).await;
    operator.await_ready(DEADLINE).await;
    apply(&client, &Selection::one_metric("sel").images(&["a"]).manifest(&namespace)).await.unwrap();
    let selections: Api<ModelSelection> = Api::namespaced(client, &namespace);
    testkit::await_object(&selections, "sel", "it is complete", DEADLINE, |selection: &ModelSelection| {
        selection.status.as_ref().is_some_and(|status| status.completion_time.is_some())
    })
    .await;
    let (status, _) = operator.terminate().await;
    assert_eq!(status.code(), Some(0));

    plane.stop_api_server();
    let mut operator = Operator::start(options.clone());
    unready(&mut operator, &["kubernetes: cannot read the namespace kube-system"]).await;
    let (status, took) = operator.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", operator.logs());
    assert!(took < Duration::from_secs(5), "nothing is in progress that it would have to wait for: {took:?}");
    let mut operator = Operator::start(options);
    unready(&mut operator, &["kubernetes: "]).await;
    plane.start_api_server().await;
    operator.await_ready(DEADLINE).await;
}

#[tokio::test]
async fn missing_credentials_are_reported_by_the_probe_and_by_the_selections() {
    let plane = shared().await;
    let client = plane.client();
    install_crd(&client, CRD.as_ref()).await;
    let namespace = fresh_namespace(&client, "no-credentials").await;
    let emulator = Emulator::start(&[]).await;
    let mut options = OperatorOptions::new(plane, &emulator, &namespace);
    // An empty variable counts as not set.
    options.extra_env = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| (name.into(), String::new())).into();
    let mut operator = Operator::start(options);
    unready(&mut operator, &["aws credentials: none found", "use IRSA, Pod Identity or the environment"]).await;
    apply(&client, &Selection::one_metric("sel").images(&["a", "b"]).manifest(&namespace)).await.unwrap();
    let selections: Api<ModelSelection> = Api::namespaced(client, &namespace);
    let stalled = testkit::await_object(&selections, "sel", "it is stalled", DEADLINE, |selection: &ModelSelection| {
        selection.status.as_ref().and_then(|status| condition(status, "Stalled")).is_some()
    })
    .await;
    let stalled = condition(stalled.status.as_ref().unwrap(), "Stalled").unwrap().clone();
    assert_eq!(stalled.reason, Reason::CredentialsRejected.as_str(), "{stalled:?}");
    assert!(stalled.message.contains("give the operator valid AWS credentials"), "{}", stalled.message);
    assert_eq!(emulator.calls().await["total"], 0);
}

#[tokio::test]
#[allow(clippy::float_cmp)] // the values are whole numbers
async fn metrics_have_the_names_of_controller_runtime_and_true_values() {
    let world = World::short_epochs("metrics", &["--speed", "300"], &[]).await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "Throttle", "count": 1})).await;
    world.apply(&Selection::one_metric("sel").images(&["a", "b"])).await;
    world.await_complete("sel").await;
    let what = "the runs are counted and the calls are those that came";
    await_until(what, DEADLINE, async || {
        let (_, text) = world.operator.get("/metrics").await.unwrap();
        let values = metrics(&text);
        let sum = |name: &str| values.iter().filter(|(k, _)| k.starts_with(name)).map(|(_, v)| v).sum::<f64>();
        let value = |name: &str| values.get(name).copied();
        #[allow(clippy::cast_precision_loss)] // at most some tens
        let calls = world.calls().await as f64;
        let of = |name: &&String| {
            let labels = ["condition=\"Ready\"", "status=\"True\"", "reason=\"Completed\""];
            name.starts_with("modelselection_selections{") && labels.iter().all(|label| name.contains(label))
        };
        let selections = values.keys().filter(of).filter_map(|name| value(name)).sum::<f64>();
        let checks = [
            ("reconciles", sum("controller_runtime_reconcile_total{controller=\"modelselection\",result=") >= 2.0),
            (
                "errors, from the start",
                value("controller_runtime_reconcile_errors_total{controller=\"modelselection\"}") == Some(0.0),
            ),
            (
                "duration",
                value("controller_runtime_reconcile_time_seconds_count{controller=\"modelselection\"}")
                    == Some(sum("controller_runtime_reconcile_total{")),
            ),
            ("workers", value("controller_runtime_active_workers{controller=\"modelselection\"}") == Some(0.0)),
            ("calls", sum("modelselection_sagemaker_calls_total{") == calls),
            (
                "outcomes",
                value(&format!(
                    "modelselection_sagemaker_calls_total{{region=\"us-west-2\",operation=\"{CREATE}\",outcome=\"throttled\"}}"
                )) == Some(1.0),
            ),
            ("call durations", sum("modelselection_sagemaker_call_seconds_count{") == calls),
            ("rates", sum("modelselection_sagemaker_rate{") > 0.0),
            ("writes", value("modelselection_status_writes_total").is_some_and(|n| n >= 3.0)),
            ("runs", sum("modelselection_runs{state=\"Succeeded\"") == 2.0),
            ("no other runs", sum("modelselection_runs{") == 2.0),
            ("selections", selections == 1.0),
            ("the first term", value("modelselection_leader_term{name=\"modelselection-operator\"}").is_some()),
            ("at a time", value("controller_runtime_max_concurrent_reconciles{controller=\"modelselection\"}") == Some(32.0)),
        ];
        let wrong: Vec<&str> = checks.iter().filter(|(_, right)| !right).map(|(name, _)| *name).collect();
        if wrong.is_empty() { Ok(()) } else { Err(format!("wrong: {wrong:?}\n{text}")) }
    })
    .await;
    // No pass follows the last deletion, and an alert must not continue for a deleted selection.
    world.selections.delete("sel", &DeleteParams::default()).await.unwrap();
    await_until("nothing is counted any more", DEADLINE, async || {
        let (_, text) = world.operator.get("/metrics").await.unwrap();
        let left: Vec<_> = metrics(&text)
            .into_iter()
            .filter(|(name, count)| {
                *count > 0.0
                    && ["modelselection_runs{", "modelselection_selections{"].iter().any(|ours| name.starts_with(ours))
            })
            .collect();
        if left.is_empty() { Ok(()) } else { Err(left) }
    })
    .await;
}

#[tokio::test]
async fn json_logs_are_json_and_name_the_selection() {
    let world = World::short_epochs("json-logs", &["--speed", "300"], &[("MODELSELECTION_LOG_FORMAT", "json")]).await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 1})).await;
    world
        .emulator
        .fault(json!({"operation": "ListHyperParameterTuningJobs", "kind": "InternalFailure", "count": 1}))
        .await;
    let jumpstart = "- {name: js, jumpStart: {modelID: no-such-model}}";
    world.apply(&Selection::one_metric("sel").images(&["a", "b"]).candidate_yaml(jumpstart)).await;
    world.await_observed("sel", "two have succeeded", |status| runs_in(status, RunState::Succeeded) == 2).await;
    let logs = world.operator.logs();
    let whole = &logs[..logs.rfind('\n').unwrap()];
    let lines: Vec<Value> = whole
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}")))
        .collect();
    for line in &lines {
        for field in ["timestamp", "level", "target", "message"] {
            assert!(line[field].is_string(), "no {field}: {line}");
        }
    }
    let about: Vec<&Value> =
        lines.iter().filter(|line| line["target"].as_str().unwrap().contains("::controller::")).collect();
    for line in &about {
        assert_eq!(
            (line["namespace"].as_str(), line["name"].as_str()),
            (Some(&*world.namespace), Some("sel")),
            "{line}"
        );
    }
    for message in ["tuning job created", "tuning job adopted", "run ended", "a model is not resolved"] {
        assert!(about.iter().any(|line| line["message"] == message), "no line '{message}':\n{whole}");
    }
    let ended = about.iter().find(|line| line["message"] == "run ended").unwrap();
    assert!(ended["job"].as_str().unwrap().starts_with("ms-") && ended["state"] == "Succeeded", "{ended}");
}

#[tokio::test]
async fn sigterm_stops_it_soon_even_while_calls_hang_and_nothing_is_lost() {
    let mut world = World::short_epochs("sigterm", &["--speed", "0"], &[]).await;
    world.emulator.fault(json!({"operation": CREATE, "kind": "Delay", "delayMillis": 60_000})).await;
    world.apply(&Selection::one_metric("sel").images(&["a", "b", "c"])).await;
    // Logged before the call is made; the call itself is not visible before it has ended.
    world
        .await_observed("sel", "jobs are being created", |status| {
            status.runs.iter().any(|run| run.reason == Some(Reason::Creating))
        })
        .await;
    // A second signal, as from an impatient user.
    let again = format!("sleep 1; kill -TERM {}", world.operator.pid());
    let mut second = Command::new("/bin/sh").args(["-c", &again]).spawn().unwrap();
    let (status, took) = world.operator.terminate().await;
    assert!(second.wait().unwrap().success(), "it had ended before the second signal came");
    println!("SIGTERM while calls hang: {took:?}");
    assert_eq!(status.code(), Some(0), "{}", world.operator.logs());
    assert!(took > Duration::from_secs(1) && took < Duration::from_secs(10), "{took:?}");
    assert!(world.operator.logs().contains("stopping"));

    world.emulator.clear_faults().await;
    let options = OperatorOptions::new(shared().await, &world.emulator, &world.namespace);
    world.operator = Operator::start(options);
    let status = world.await_observed("sel", "all run", |status| runs_in(status, RunState::Running) == 3).await;
    assert_eq!(run_of(&status, "a").attempt, 0);
    assert_eq!(world.jobs_created().await, 3);
    // With nothing in progress it need not wait.
    let (status, took) = world.operator.terminate().await;
    println!("SIGTERM at rest: {took:?}");
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_port_in_use_is_reported_and_fatal() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let plane = shared().await;
    let emulator = Emulator::start(&[]).await;
    let mut options = OperatorOptions::new(plane, &emulator, "default");
    options.extra_env = vec![("MODELSELECTION_HTTP_LISTEN".into(), address.clone())];
    let mut operator = Operator::start(options);
    let status = await_until("it ends", DEADLINE, async || operator.exit_status()).await;
    assert_eq!(status.code(), Some(1));
    let logs = operator.logs();
    assert!(logs.contains(&format!("cannot listen on {address} (--http-listen)")), "{logs}");
    assert!(logs.contains("Address already in use"), "{logs}");
    assert!(!logs.contains("panicked"), "{logs}");
}
