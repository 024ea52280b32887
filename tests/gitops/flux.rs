//! Flux: kustomize-controller as it is released. Instead of source-controller, the test writes the status of the source and
//! serves the archive itself.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::parts::{
    CRD, DEADLINE, annotate, apply_all, await_told, command, install_crds_of, make_namespace, names, objects, of_guide,
    plane,
};
use crate::support::free_port::FreePort;
use crate::support::manifests::apply;
use crate::support::process::{Process, Program};
use crate::support::run_folder::{numbered, run_folder};
use crate::support::world::LONG;
use crate::support::{
    Selection, World, await_gone, await_object, await_until, consistently, fresh_namespace, install_crd, kubectl, tool,
};

const GUIDE: &str = include_str!("../../docs/gitops/flux.md");
const API: &str = "kustomize.toolkit.fluxcd.io/v1";
const SYSTEM: &str = "flux-system";

/// Ready, and all else that tells how a Kustomization is: `Ready=True ReconciliationSucceeded main@sha1:2 ...`.
fn told(kustomization: &DynamicObject) -> String {
    let conditions = kustomization.data.pointer("/status/conditions").and_then(Value::as_array);
    let ready = conditions.into_iter().flatten().find(|condition| condition["type"] == "Ready");
    let Some(ready) = ready else { return "no Ready".to_owned() };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let attempted = text(&kustomization.data["status"]["lastAttemptedRevision"]);
    format!("Ready={} {} {attempted}. {}", text(&ready["status"]), text(&ready["reason"]), text(&ready["message"]))
}

/// Archives by name.
type Archives = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A repository whose revisions are archives on loopback.
struct Fleet {
    client: Client,
    folder: PathBuf,
    revision: u32,
    archives: Archives,
    address: SocketAddr,
}

impl Fleet {
    async fn new(client: &Client) -> Self {
        let archives = Archives::default();
        let serve = |State(archives): State<Archives>, Path(name): Path<String>| async move {
            archives.lock().unwrap().get(&name).cloned().ok_or(axum::http::StatusCode::NOT_FOUND)
        };
        let router = Router::new().route("/{name}", axum::routing::get(serve)).with_state(archives.clone());
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let repository = json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": "fleet", "namespace": SYSTEM},
            "spec": {"url": "https://example.com/fleet.git", "interval": "1m", "suspend": true},
        });
        apply(client, &repository).await.unwrap();
        let folder = run_folder().join(numbered("fleet"));
        Self { client: client.clone(), folder, revision: 0, archives, address }
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.folder.join(path)).unwrap();
    }

    /// Publishes the folder, and returns the revision.
    async fn push(&mut self) -> String {
        self.revision += 1;
        let name = format!("{}.tar.gz", self.revision);
        let archive = self.folder.with_extension("tar.gz");
        command(&self.folder, "tar", &["-czf", archive.to_str().unwrap(), "."]);
        let bytes = std::fs::read(archive).unwrap();
        let digest = Sha256::digest(&bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let revision = format!("main@sha1:{:040}", self.revision);
        let now = jiff::Timestamp::from_second(1_800_000_000 + i64::from(self.revision)).unwrap().to_string();
        let status = json!({"status": {
            "artifact": {
                "url": format!("http://{}/{name}", self.address), "path": name, "size": bytes.len(),
                "digest": format!("sha256:{digest}"), "revision": revision, "lastUpdateTime": now,
            },
            "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "message": "", "lastTransitionTime": now}],
        }});
        self.archives.lock().unwrap().insert(name, bytes);
        let api = objects(&self.client, "source.toolkit.fluxcd.io/v1", "GitRepository", SYSTEM).await;
        api.patch_status("fleet", &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();
        revision
    }
}

/// The kinds of source-controller, with no schema: kustomize-controller watches all of them.
async fn install_kinds_of_sources(client: &Client) {
    for (kind, plural) in
        [("GitRepository", "gitrepositories"), ("OCIRepository", "ocirepositories"), ("Bucket", "buckets")]
    {
        let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.source.toolkit.fluxcd.io")},
            "spec": {
                "group": "source.toolkit.fluxcd.io", "scope": "Namespaced",
                "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase()},
                "versions": [{
                    "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": open},
                }],
            },
        });
        let file = run_folder().join(format!("{plural}.yaml"));
        std::fs::write(&file, definition.to_string()).unwrap();
        install_crd(client, &file).await;
    }
}

struct KustomizeController {
    _process: Process,
    _ports: [FreePort; 2],
}

async fn start_kustomize_controller(client: &Client) -> KustomizeController {
    let program = tool("kustomize-controller");
    install_kinds_of_sources(client).await;
    install_crds_of(client, &program).await;
    make_namespace(client, SYSTEM).await;
    let ports = [FreePort::reserve(), FreePort::reserve()];
    let [metrics, health] = [&ports[0], &ports[1]].map(|port| format!("127.0.0.1:{}", port.number()));
    let temporary = run_folder().join("flux-tmp");
    std::fs::create_dir_all(&temporary).unwrap();
    let mut process = Process::start(Program {
        name: "kustomize-controller",
        binary: &program,
        arguments: vec![
            format!("--metrics-addr={metrics}"),
            format!("--health-addr={health}"),
            "--enable-leader-election=false".to_owned(),
            "--requeue-dependency=1s".to_owned(),
        ],
        environment: vec![
            ("KUBECONFIG".to_owned(), plane().await.kubeconfig().display().to_string()),
            ("RUNTIME_NAMESPACE".to_owned(), SYSTEM.to_owned()),
            ("TMPDIR".to_owned(), temporary.display().to_string()),
        ],
        folder: run_folder(),
    });
    await_until("kustomize-controller is ready", DEADLINE, async || {
        assert!(process.is_running(), "it ended by itself\n{}", process.tail());
        let answer = reqwest::get(format!("http://{health}/readyz")).await;
        answer.is_ok_and(|answer| answer.status().is_success())
    })
    .await;
    KustomizeController { _process: process, _ports: ports }
}

#[tokio::test]
#[ignore = "builds kustomize-controller: make test-gitops"]
async fn flux_waits_for_what_the_guide_says_and_no_longer() {
    let plane = plane().await;
    let client = plane.client();
    let _controller = start_kustomize_controller(&client).await;
    let namespace = fresh_namespace(&client, "flux").await;
    let mut world = World::start_in(plane, &namespace, "0", &[]).await;
    let manifest = |selection: Selection| {
        let mut manifest = selection.0;
        manifest["metadata"]["namespace"] = json!(namespace);
        manifest.to_string()
    };
    let flowers = || Selection::new("flowers").images(&["a"]);
    let kustomizations = objects(&client, API, "Kustomization", SYSTEM).await;
    let mut fleet = Fleet::new(&client).await;
    let guide = ["modelselection-operator", "selections"].map(|name| of_guide(GUIDE, "Kustomization", name));

    // Nobody has seen the selection yet: that is no success.
    world.operator.kill();
    fleet.write("operator/crd.yaml", &std::fs::read_to_string(CRD).unwrap());
    fleet.write("selections/flowers.yaml", &manifest(flowers()));
    let revision = fleet.push().await;
    apply_all(&client, &guide).await;
    await_told(&kustomizations, "modelselection-operator", &["Ready=True", &revision], told).await;
    let selections: Api<DynamicObject> =
        objects(&client, "modelselection.dev/v1alpha1", "ModelSelection", &namespace).await;
    await_until("Flux has applied the selection", DEADLINE, async || names(&selections).await == ["flowers"]).await;
    not_ready(&kustomizations, "selections", "no operator has seen the selection").await;

    // Launched: ready while the job runs.
    world.start_operator();
    await_told(&kustomizations, "selections", &["Ready=True", &revision], told).await;
    assert_eq!(world.jobs_in("InProgress").await.len(), 1);

    // Completed: ready at the end, and not before. The job stays, since the policy is no part of the run.
    fleet.write("selections/flowers.yaml", &manifest(flowers().with("/readyPolicy", json!("Completed"))));
    let revision = fleet.push().await;
    await_told(&kustomizations, "selections", &["Ready=Unknown", &revision], told).await;
    not_ready(&kustomizations, "selections", "the job runs").await;
    world.emulator.advance(LONG).await;
    await_told(&kustomizations, "selections", &["Ready=True", &revision], told).await;
    assert_eq!(world.jobs().await.len(), 1);

    // What somebody else set is taken back, and the rest of the status stays.
    let by_hand = r#"{"spec":{"suspend":true}}"#;
    let (code, said) =
        kubectl(plane, &["patch", "msel", "flowers", "-n", &namespace, "--type=merge", "-p", by_hand], "");
    assert_eq!(code, 0, "{said}");
    annotate(&kustomizations, "selections", "reconcile.fluxcd.io/requestedAt", "now").await;
    let resumed = |selection: &DynamicObject| selection.data["spec"]["suspend"] == false;
    await_object(&selections, "flowers", "Flux takes the suspension back", DEADLINE, resumed).await;
    await_told(&kustomizations, "selections", &["Ready=True", &revision], told).await;

    // One that can never work ends the wait at once. A repeated application would come after the timeout only.
    let hopeless = Selection::new("hopeless").jump_start("x", "tensorflow-ic-no-such-model", "*");
    fleet.write("selections/hopeless.yaml", &manifest(hopeless));
    let revision = fleet.push().await;
    let stalled = ["Ready=False", "HealthCheckFailed", "stalled", &revision];
    let took = await_told(&kustomizations, "selections", &stalled, told).await;
    assert!(took < Duration::from_secs(10), "Flux waited {took:?} for a selection that can never work");

    // Removed from git: gone from the cluster, with its job.
    fleet.remove("selections/hopeless.yaml");
    fleet.write("selections/running.yaml", &manifest(Selection::new("running").images(&["b"])));
    let revision = fleet.push().await;
    await_told(&kustomizations, "selections", &["Ready=True", &revision], told).await;
    await_gone(&selections, "hopeless", DEADLINE).await;
    let running = world.jobs_in("InProgress").await;
    assert_eq!(running.len(), 1);
    fleet.remove("selections/running.yaml");
    let revision = fleet.push().await;
    await_gone(&selections, "running", DEADLINE).await;
    world.await_stop(&running[0]).await;
    await_told(&kustomizations, "selections", &["Ready=True", &revision], told).await;

    // With the expressions of the guide: ready with the results, although the selection's own policy is Launched.
    let gate = of_guide(GUIDE, "Kustomization", "selections-complete");
    fleet.write("selections-complete/late.yaml", &manifest(Selection::new("late").images(&["c"])));
    let revision = fleet.push().await;
    apply_all(&client, &[gate]).await;
    world.await_launched("late").await;
    not_ready(&kustomizations, "selections-complete", "the job runs").await;
    world.emulator.advance(LONG).await;
    await_told(&kustomizations, "selections-complete", &["Ready=True", &revision], told).await;

    // The operator goes from git, the kind and what is left of the selections stay.
    let kept = names(&selections).await;
    kustomizations.delete("modelselection-operator", &DeleteParams::default()).await.unwrap();
    await_gone(&kustomizations, "modelselection-operator", DEADLINE).await;
    assert_eq!(names(&selections).await, kept);
}

/// Longer than Flux needs to look again.
async fn not_ready(kustomizations: &Api<DynamicObject>, name: &str, while_: &str) {
    consistently(&format!("{name} is not ready while {while_}"), Duration::from_secs(7), async || {
        let told = told(&kustomizations.get(name).await.map_err(|e| e.to_string())?);
        if told.contains("Ready=True") { Err(told) } else { Ok(()) }
    })
    .await;
}
