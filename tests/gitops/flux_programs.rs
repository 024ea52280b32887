//! Flux's released kustomize-controller. In place of source-controller, a test writes the status of a source and serves
//! its archive.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path as Segment, State};
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::{Api, Client};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::parts::{DEADLINE, command, install_crds_of, make_namespace, objects, write_file};
use testkit::free_port::FreePort;
use testkit::process::{Process, Program};
use testkit::run_folder::{numbered, run_folder};
use testkit::{ControlPlane, await_until, consistently, tool};

pub const GUIDE: &str = include_str!("../../docs/gitops/flux.md");
pub const SYSTEM: &str = "flux-system";
const NOW: &str = "2027-01-15T08:00:00Z";

/// The Kustomizations of Flux's namespace.
pub async fn kustomizations(client: &Client) -> Api<DynamicObject> {
    objects(client, "kustomize.toolkit.fluxcd.io/v1", "Kustomization", SYSTEM).await
}

/// The state of a Kustomization: `Ready=True ReconciliationSucceeded main@sha1:2 ...`.
pub fn summary(kustomization: &DynamicObject) -> String {
    let conditions = kustomization.data.pointer("/status/conditions").and_then(Value::as_array);
    let ready = conditions.into_iter().flatten().find(|condition| condition["type"] == "Ready");
    let Some(ready) = ready else { return "no Ready".to_owned() };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let attempted = text(&kustomization.data["status"]["lastAttemptedRevision"]);
    format!("Ready={} {} {attempted}. {}", text(&ready["status"]), text(&ready["reason"]), text(&ready["message"]))
}

/// Checks for longer than Flux's reconciliation interval that it is not ready.
pub async fn not_ready(kustomizations: &Api<DynamicObject>, name: &str, while_: &str) {
    consistently(&format!("{name} is not ready while {while_}"), Duration::from_secs(7), async || {
        let text = summary(&kustomizations.get(name).await.map_err(|e| e.to_string())?);
        if text.contains("Ready=True") { Err(text) } else { Ok(()) }
    })
    .await;
}

/// Sets the status of an object as if its controller had finished its work.
pub async fn mark_ready(api: &Api<DynamicObject>, name: &str, more: Value) {
    let generation = api.get(name).await.unwrap().metadata.generation;
    let ready =
        json!({"type": "Ready", "status": "True", "reason": "Succeeded", "message": "", "lastTransitionTime": NOW});
    let mut status = more;
    status["observedGeneration"] = json!(generation);
    status["conditions"] = json!([ready]);
    api.patch_status(name, &PatchParams::default(), &Patch::Merge(&json!({"status": status}))).await.unwrap();
}

/// Archives by name.
type Archives = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A substitute for a `GitRepository`: a folder whose revisions are archives on loopback.
pub struct Source {
    api: Api<DynamicObject>,
    name: String,
    folder: PathBuf,
    revision: u32,
    archives: Archives,
    address: SocketAddr,
}

impl Source {
    /// The source for the `GitRepository` of this name, which need not exist yet.
    pub async fn new(client: &Client, name: &str) -> Self {
        let archives = Archives::default();
        let serve = |State(archives): State<Archives>, Segment(name): Segment<String>| async move {
            archives.lock().get(&name).cloned().ok_or(axum::http::StatusCode::NOT_FOUND)
        };
        let router = Router::new().route("/{name}", axum::routing::get(serve)).with_state(archives.clone());
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = run_folder().join(numbered(name));
        std::fs::create_dir_all(&folder).unwrap();
        let api = objects(client, "source.toolkit.fluxcd.io/v1", "GitRepository", SYSTEM).await;
        Self { api, name: name.to_owned(), folder, revision: 0, archives, address }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn write(&self, path: &str, text: &str) {
        write_file(&self.folder.join(path), text);
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.folder.join(path)).unwrap();
    }

    /// Publishes the folder, and returns the revision.
    pub async fn push(&mut self) -> String {
        self.revision += 1;
        let name = format!("{}.tar.gz", self.revision);
        let archive = self.folder.with_extension("tar.gz");
        command(&self.folder, "tar", &["-czf", archive.to_str().unwrap(), "."]);
        let bytes = std::fs::read(archive).unwrap();
        let digest = Sha256::digest(&bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let revision = format!("main@sha1:{:040}", self.revision);
        let artifact = json!({
            "url": format!("http://{}/{name}", self.address), "path": name, "size": bytes.len(),
            "digest": format!("sha256:{digest}"), "revision": revision, "lastUpdateTime": NOW,
        });
        self.archives.lock().insert(name, bytes);
        mark_ready(&self.api, &self.name, json!({"artifact": artifact})).await;
        revision
    }
}

/// A running kustomize-controller, in a cluster with all kinds of Flux.
pub struct Flux {
    _process: Process,
    _ports: [FreePort; 2],
}

impl Flux {
    pub async fn start(plane: &ControlPlane, client: &Client) -> Self {
        let program = tool("kustomize-controller");
        install_crds_of(client, &program).await;
        install_crds_of(client, &tool("flux-kinds")).await;
        make_namespace(client, SYSTEM).await;
        let ports = [FreePort::reserve(), FreePort::reserve()];
        let [metrics, health] = [&ports[0], &ports[1]].map(|port| format!("127.0.0.1:{}", port.number()));
        let name = numbered("kustomize-controller");
        let temporary = run_folder().join(format!("{name}-tmp"));
        std::fs::create_dir_all(&temporary).unwrap();
        let mut process = Process::start(Program {
            name: &name,
            binary: &program,
            arguments: vec![
                format!("--metrics-addr={metrics}"),
                format!("--health-addr={health}"),
                "--enable-leader-election=false".to_owned(),
                "--requeue-dependency=1s".to_owned(),
            ],
            environment: vec![
                ("KUBECONFIG".to_owned(), plane.kubeconfig().display().to_string()),
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
        Self { _process: process, _ports: ports }
    }
}

/// The user's own repository. The guide only calls it `fleet`, because each reader has another one.
pub fn fleet() -> Value {
    json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "fleet", "namespace": SYSTEM},
        "spec": {"url": "https://example.com/fleet.git", "interval": "1m"},
    })
}
