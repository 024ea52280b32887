//! Argo CD: its released controllers, repo server and API server, with the settings of `deploy/argocd`.

use std::path::{Path, PathBuf};
use std::process::Command;

use kube::api::DynamicObject;
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::parts::{DEADLINE, annotate, command, install_crds_of, make_namespace, objects, write_file};
use testkit::free_port::FreePort;
use testkit::manifests::apply;
use testkit::process::{Process, Program};
use testkit::run_folder::{numbered, run_folder};
use testkit::{ControlPlane, await_until, kubectl, tool};

pub const GUIDE: &str = include_str!("../../docs/gitops/argocd.md");
pub const SYSTEM: &str = "argocd";
/// Requests a comparison; Argo CD removes the annotation when it is done.
pub const REFRESH: &str = "argocd.argoproj.io/refresh";

/// The state of an Application and its resources: `Synced Healthy; flowers Synced Healthy 0 of 1 runs ...; sync
/// Succeeded`.
pub fn summary(application: &DynamicObject) -> String {
    let text = |pointer: &str| application.data.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
    let mut summary = format!("{} {}", text("/status/sync/status"), text("/status/health/status"));
    for resource in application.data.pointer("/status/resources").and_then(Value::as_array).into_iter().flatten() {
        let text = |pointer: &str| resource.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
        let health = format!("{} {}", text("/health/status"), text("/health/message"));
        summary.push_str(&format!("; {} {} {health}", text("/name"), text("/status")));
    }
    for condition in application.data.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten() {
        summary.push_str(&format!("; {}", condition["message"]));
    }
    format!("{summary}; sync {} {}", text("/status/operationState/phase"), text("/status/operationState/message"))
}

/// The Applications of Argo CD's namespace.
pub async fn applications(client: &Client) -> Api<DynamicObject> {
    objects(client, "argoproj.io/v1alpha1", "Application", SYSTEM).await
}

/// A git repository on this machine.
pub struct Repository {
    folder: PathBuf,
}

impl Repository {
    pub fn new(name: &str) -> Self {
        let folder = run_folder().join(numbered(name));
        std::fs::create_dir_all(&folder).unwrap();
        command(&folder, "git", &["init", "--quiet", "--initial-branch=main"]);
        Self { folder }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.folder.display())
    }

    pub fn write(&self, path: &str, text: &str) {
        write_file(&self.folder.join(path), text);
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.folder.join(path)).unwrap();
    }

    /// Commits the folder, and refreshes the Applications.
    pub async fn commit(&self, applications: &Api<DynamicObject>, names: &[&str]) {
        command(&self.folder, "git", &["add", "--all"]);
        let author = ["-c", "user.name=tests", "-c", "user.email=tests@example.com"];
        let commit = ["commit", "--quiet", "--allow-empty", "--allow-empty-message", "-m", ""];
        command(&self.folder, "git", &[&author[..], &commit].concat());
        for name in names {
            annotate(applications, name, REFRESH, "hard").await;
        }
    }
}

/// The running programs.
pub struct ArgoCd {
    _processes: Vec<Process>,
    _ports: Vec<FreePort>,
    api: String,
}

impl ArgoCd {
    pub async fn start(plane: &ControlPlane, client: &Client) -> Self {
        let (argo_cd, redis) = (tool("argo-cd"), tool("redis"));
        make_namespace(client, SYSTEM).await;
        install_crds_of(client, &argo_cd).await;
        settings(plane, client).await;

        let folder = run_folder().join(numbered("argocd"));
        install_programs(&folder);
        let ports: Vec<FreePort> = (0..9).map(|_| FreePort::reserve()).collect();
        let at = |index: usize| format!("127.0.0.1:{}", ports[index].number());
        let port = |index: usize| ports[index].number();
        let environment = environment(plane, &folder);
        let start = |name: &str, binary: &Path, arguments: Vec<String>| {
            let mut environment = environment.clone();
            environment.push(("ARGOCD_BINARY_NAME".to_owned(), name.to_owned()));
            Process::start(Program { name: &numbered(name), binary, arguments, environment, folder: run_folder() })
        };
        let flags = |flags: &[&str]| flags.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut processes = vec![start("redis", &redis, vec![at(0)])];
        let mut repo_server =
            flags(&["--address=127.0.0.1", "--metrics-address=127.0.0.1", "--disable-tls", "--client-ca-path="]);
        repo_server.extend([
            format!("--port={}", port(1)),
            format!("--metrics-port={}", port(2)),
            format!("--redis={}", at(0)),
            "--revision-cache-expiration=1s".to_owned(),
        ]);
        processes.push(start("argocd-repo-server", &argo_cd, repo_server));
        answers(&mut processes, &format!("http://{}/healthz", at(2))).await;

        let joined = || {
            vec![format!("--redis={}", at(0)), format!("--repo-server={}", at(1)), "--repo-server-plaintext".to_owned()]
        };
        let mut controller =
            flags(&["--namespace=argocd", "--app-resync=5", "--app-resync-jitter=0", "--persist-resource-health"]);
        controller.push(format!("--metrics-port={}", port(3)));
        controller.extend(joined());
        processes.push(start("argocd-application-controller", &argo_cd, controller));
        let mut sets = flags(&["--namespace=argocd", "--repo-server-plaintext"]);
        sets.extend([
            format!("--argocd-repo-server={}", at(1)),
            format!("--metrics-addr={}", at(6)),
            format!("--probe-addr={}", at(7)),
            format!("--webhook-addr={}", at(8)),
        ]);
        processes.push(start("argocd-applicationset-controller", &argo_cd, sets));
        let mut server = flags(&[
            "--namespace=argocd",
            "--address=127.0.0.1",
            "--metrics-address=127.0.0.1",
            "--insecure",
            "--disable-auth",
        ]);
        server.extend([format!("--port={}", port(4)), format!("--metrics-port={}", port(5))]);
        server.push(format!("--staticassets={}", folder.join("tmp").display()));
        server.extend(joined());
        processes.push(start("argocd-server", &argo_cd, server));
        for (port, path) in [(3, "healthz"), (4, "healthz"), (6, "metrics")] {
            answers(&mut processes, &format!("http://{}/{path}", at(port))).await;
        }
        let api = format!("http://{}/api/v1/applications", at(4));
        Self { _processes: processes, _ports: ports, api }
    }

    /// Lists the available actions and runs one of them, like the user interface.
    pub async fn act(&self, application: &str, namespace: &str, selection: &str, action: &str) {
        let resource = [
            ("namespace", namespace),
            ("resourceName", selection),
            ("group", "modelselection.dev"),
            ("version", "v1alpha1"),
            ("kind", "ModelSelection"),
        ];
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let address = format!("{}/{application}/resource/actions", self.api);
        let offered = client.get(&address).query(&resource).send().await.unwrap();
        let offered: Value = offered.json().await.unwrap();
        let all = offered["actions"].as_array().unwrap_or_else(|| panic!("no actions: {offered}"));
        let enabled = |a: &Value| a["name"] == action && a["disabled"] != true;
        assert!(all.iter().any(enabled), "{action} is not offered: {offered:#}");
        let mut body = json!({"name": application, "action": action});
        for (key, value) in resource {
            body[key] = json!(value);
        }
        let answer = client.post(format!("{address}/v2")).json(&body).send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{action}: {status} {}", answer.text().await.unwrap());
    }
}

/// Whether a policy allows an action to a role, according to `argocd admin settings rbac can`.
pub fn may(policy: &Path, role: &str, action: &str, object: &str) -> bool {
    let arguments = ["admin", "settings", "rbac", "can", role, action, "applications", object, "--policy-file"];
    // It requires a cluster, but does not call it.
    let nowhere = policy.with_extension("kubeconfig");
    let cluster = json!([{"name": "nowhere", "cluster": {"server": "https://127.0.0.1:1"}}]);
    let context = json!([{"name": "nowhere", "context": {"cluster": "nowhere", "user": "nobody"}}]);
    let user = json!([{"name": "nobody", "user": {"token": "none"}}]);
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "nowhere", "contexts": context, "clusters": cluster,
        "users": user,
    });
    std::fs::write(&nowhere, config.to_string()).unwrap();
    let mut command = Command::new(tool("argo-cd"));
    command
        .env("KUBECONFIG", nowhere)
        .args(arguments)
        .arg(policy)
        .arg("--quiet")
        .env("ARGOCD_BINARY_NAME", "argocd")
        .env("HOME", run_folder());
    command.status().unwrap().success()
}

/// The settings of an Argo CD installation, followed by those of our guide.
async fn settings(plane: &ControlPlane, client: &Client) {
    let metadata =
        |name: &str| json!({"name": name, "namespace": SYSTEM, "labels": {"app.kubernetes.io/part-of": "argocd"}});
    let own = json!({"timeout.reconciliation": "5s"});
    let secret = json!({"server.secretkey": "not secret"});
    for object in [
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata("argocd-cm"), "data": own}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata("argocd-rbac-cm")}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata("argocd-secret"), "stringData": secret}),
        json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": "default", "namespace": SYSTEM},
            "spec": {"sourceRepos": ["*"], "destinations": [{"namespace": "*", "server": "*"}],
                     "clusterResourceWhitelist": [{"group": "*", "kind": "*"}]},
        }),
    ] {
        apply(client, &object).await.unwrap();
    }
    let guide = "kubectl apply --server-side -k deploy/argocd";
    assert!(GUIDE.contains(guide));
    let arguments: Vec<&str> = guide.split(' ').skip(1).collect();
    let (code, said) = kubectl(plane, &arguments, "");
    assert_eq!(code, 0, "{said}");
    let (_, kept) = kubectl(plane, &["get", "configmap", "argocd-cm", "-n", SYSTEM, "-o", "yaml"], "");
    assert!(kept.contains("timeout.reconciliation"), "{kept}");
}

/// Programs that the repo server expects on the PATH.
fn install_programs(folder: &Path) {
    let bin = folder.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(tool("helm-4"), bin.join("helm")).unwrap();
    for (name, script) in [
        // Called for each commit; nothing is signed here.
        ("git-verify-wrapper.sh", "exit 0"),
        // kubectl contains the same program.
        (
            "kustomize",
            r#"case $1 in build) shift; exec kubectl kustomize "$@";; version) echo v5.8.1;; *) exit 1;; esac"#,
        ),
    ] {
        std::fs::write(bin.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        command(&bin, "chmod", &["+x", name]);
    }
}

fn environment(plane: &ControlPlane, folder: &Path) -> Vec<(String, String)> {
    let path = std::env::var("PATH").unwrap();
    let mut environment = vec![
        ("KUBECONFIG".to_owned(), plane.kubeconfig().display().to_string()),
        // The destination https://kubernetes.default.svc is the kubeconfig's cluster.
        ("ARGOCD_FAKE_IN_CLUSTER".to_owned(), "true".to_owned()),
        ("ARGOCD_GPG_ENABLED".to_owned(), "false".to_owned()),
        ("PATH".to_owned(), format!("{}:{path}", folder.join("bin").display())),
        ("HOME".to_owned(), folder.display().to_string()),
    ];
    for (variable, name) in [
        ("TMPDIR", "tmp"),
        ("ARGOCD_TLS_DATA_PATH", "tls"),
        ("ARGOCD_SSH_DATA_PATH", "ssh"),
        ("ARGOCD_GPG_DATA_PATH", "gpg"),
        ("ARGOCD_GNUPGHOME", "gnupg"),
        ("ARGOCD_PLUGINSOCKFILEPATH", "plugins"),
    ] {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        environment.push((variable.to_owned(), folder.display().to_string()));
    }
    environment
}

/// Waits until an address responds with success.
async fn answers(processes: &mut [Process], address: &str) {
    await_until(&format!("{address} answers"), DEADLINE, async || {
        for process in &mut *processes {
            assert!(process.is_running(), "it ended by itself\n{}", process.tail());
        }
        let answer = reqwest::get(address).await.map_err(|e| format!("{e:?}"))?;
        if answer.status().is_success() { Ok(()) } else { Err(answer.text().await.unwrap_or_default()) }
    })
    .await;
}
