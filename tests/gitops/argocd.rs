//! Argo CD: application controller, repo server and API server as they are released, with the settings of `deploy/argocd`.

use std::path::{Path, PathBuf};

use kube::api::DynamicObject;
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, json};

use crate::parts::{
    DEADLINE, annotate, await_told, command, install_crds_of, make_namespace, objects, of_guide, plane,
};
use crate::support::free_port::FreePort;
use crate::support::manifests::apply;
use crate::support::process::{Process, Program};
use crate::support::run_folder::{numbered, run_folder};
use crate::support::world::LONG;
use crate::support::{
    ControlPlane, Selection, World, await_gone, await_object, await_until, consistently, fresh_namespace, kubectl, tool,
};

const GUIDE: &str = include_str!("../../docs/gitops/argocd.md");
const SYSTEM: &str = "argocd";
/// The two ways to compare, each with the way to apply that goes with it.
const APPLICATIONS: [&str; 2] = ["legacy", "server-side"];

/// How an Application and its selection are: `Synced Healthy; flowers Synced Healthy 0 of 1 runs ...; sync Succeeded`.
fn told(application: &DynamicObject) -> String {
    let text = |pointer: &str| application.data.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
    let mut told = format!("{} {}", text("/status/sync/status"), text("/status/health/status"));
    for resource in application.data.pointer("/status/resources").and_then(Value::as_array).into_iter().flatten() {
        let text = |pointer: &str| resource.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
        let health = format!("{} {}", text("/health/status"), text("/health/message"));
        told.push_str(&format!("; {} {} {health}", text("/name"), text("/status")));
    }
    format!("{told}; sync {} {}", text("/status/operationState/phase"), text("/status/operationState/message"))
}

struct ArgoCd {
    _processes: Vec<Process>,
    _ports: Vec<FreePort>,
    api: String,
    repository: PathBuf,
}

impl ArgoCd {
    async fn start(plane: &ControlPlane, client: &Client) -> Self {
        let (argo_cd, redis) = (tool("argo-cd"), tool("redis"));
        make_namespace(client, SYSTEM).await;
        install_crds_of(client, &argo_cd).await;
        settings(plane, client).await;

        let folder = run_folder().join(numbered("argocd"));
        let repository = folder.join("fleet");
        std::fs::create_dir_all(&repository).unwrap();
        command(&repository, "git", &["init", "--quiet", "--initial-branch=main"]);
        // The repo server calls it for each commit; nothing is signed here.
        let wrapper = folder.join("bin/git-verify-wrapper.sh");
        std::fs::create_dir_all(wrapper.parent().unwrap()).unwrap();
        std::fs::write(&wrapper, "#!/bin/sh\nexit 0\n").unwrap();
        command(&folder, "chmod", &["+x", wrapper.to_str().unwrap()]);

        let ports: Vec<FreePort> = (0..6).map(|_| FreePort::reserve()).collect();
        let at = |index: usize| format!("127.0.0.1:{}", ports[index].number());
        let port = |index: usize| ports[index].number();
        let environment = environment(plane, &folder);
        let start = |name: &str, binary: &Path, arguments: Vec<String>| {
            let mut environment = environment.clone();
            environment.push(("ARGOCD_BINARY_NAME".to_owned(), name.to_owned()));
            Process::start(Program { name, binary, arguments, environment, folder: run_folder() })
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
        answers(&mut processes, &format!("http://{}/healthz", at(3))).await;
        answers(&mut processes, &format!("http://{}/healthz", at(4))).await;
        let api = format!("http://{}/api/v1/applications", at(4));
        Self { _processes: processes, _ports: ports, api, repository }
    }

    /// Commits the folder, and has both Applications look at once.
    async fn commit(&self, applications: &Api<DynamicObject>) {
        command(&self.repository, "git", &["add", "--all"]);
        let author = ["-c", "user.name=tests", "-c", "user.email=tests@example.com"];
        command(
            &self.repository,
            "git",
            &[&author[..], &["commit", "--quiet", "--allow-empty-message", "-m", ""]].concat(),
        );
        for name in APPLICATIONS {
            annotate(applications, name, "argocd.argoproj.io/refresh", "hard").await;
        }
    }

    /// Writes a selection into the folder of each Application, in the namespace of each.
    fn write(&self, selection: &Selection, namespace: &str) {
        for name in APPLICATIONS {
            let mut manifest = selection.0.clone();
            manifest["metadata"]["namespace"] = json!(format!("{namespace}-{name}"));
            let folder = self.repository.join(name);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("{}.json", selection.name())), format!("{manifest:#}\n")).unwrap();
        }
    }

    fn remove(&self, selection: &str) {
        for name in APPLICATIONS {
            std::fs::remove_file(self.repository.join(name).join(format!("{selection}.json"))).unwrap();
        }
    }

    /// The actions that are offered, and then one of them, as the user interface does it.
    async fn act(&self, application: &str, namespace: &str, selection: &str, action: &str) {
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

/// What an installation of Argo CD brings, and then what our guide adds to it.
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

/// Waits until an address answers with success.
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

/// The Application of the guide, with a source on this machine.
fn application(name: &str, repository: &Path, namespace: &str) -> Value {
    let mut application = of_guide(GUIDE, "Application", "selections");
    application["metadata"]["name"] = json!(name);
    application["spec"]["source"]["repoURL"] = json!(format!("file://{}", repository.display()));
    application["spec"]["source"]["path"] = json!(name);
    application["spec"]["destination"]["namespace"] = json!(format!("{namespace}-{name}"));
    if name == "server-side" {
        let annotation = json!({"argocd.argoproj.io/compare-options": "ServerSideDiff=true"});
        assert!(GUIDE.contains("argocd.argoproj.io/compare-options: ServerSideDiff=true"));
        application["metadata"]["annotations"] = annotation;
        assert!(GUIDE.contains("syncOptions: [ServerSideApply=true]"));
        application["spec"]["syncPolicy"]["syncOptions"] = json!(["ServerSideApply=true"]);
    }
    application
}

/// Both Applications say all of this.
async fn both_say(applications: &Api<DynamicObject>, parts: &[&str]) {
    for name in APPLICATIONS {
        await_told(applications, name, parts, told).await;
    }
}

#[tokio::test]
#[ignore = "builds Argo CD: make test-gitops"]
async fn argo_cd_shows_what_the_guide_says_and_never_sees_drift() {
    let plane = plane().await;
    let client = plane.client();
    let argo_cd = ArgoCd::start(plane, &client).await;
    let namespace = fresh_namespace(&client, "argo").await;
    let [first, second] = APPLICATIONS.map(|name| format!("{namespace}-{name}"));
    for namespace in [&first, &second] {
        make_namespace(&client, namespace).await;
    }
    let mut world = World::start_in(plane, &format!("{first},{second}"), "0", &[]).await;
    let applications = objects(&client, "argoproj.io/v1alpha1", "Application", SYSTEM).await;

    // No operator: the definition is there, the selection is made, and nobody calls it healthy.
    world.operator.kill();
    let flowers = || Selection::new("flowers").images(&["a"]);
    argo_cd.write(&flowers(), &namespace);
    for name in APPLICATIONS {
        apply(&client, &application(name, &argo_cd.repository, &namespace)).await.unwrap();
    }
    argo_cd.commit(&applications).await;
    both_say(&applications, &["Synced Progressing", "flowers Synced Progressing the operator has not seen"]).await;

    // From here on it must be Synced whenever one looks, for as long as git is not changed.
    world.start_operator();
    let done = ["Synced Healthy", "flowers Synced Healthy 1 of 1 runs ended: 1 succeeded"];
    let whole_run = async {
        both_say(&applications, &["Synced Healthy", "flowers Synced Healthy 0 of 1 runs ended; 1 running"]).await;
        assert_eq!(world.jobs_in("InProgress").await.len(), 2);
        compare(&applications).await;
        world.emulator.advance(LONG).await;
        both_say(&applications, &done).await;
        compare(&applications).await;
    };
    tokio::select! { () = stay_synced(&applications) => {}, () = whole_run => {} }

    // An edit with the other policy: Progressing while the new job runs.
    let edited =
        flowers().with("/readyPolicy", json!("Completed")).with("/training/hyperparameters/epochs", json!("3"));
    argo_cd.write(&edited, &namespace);
    argo_cd.commit(&applications).await;
    both_say(&applications, &["Synced Progressing", "flowers Synced Progressing 0 of 1 runs ended; 1 running"]).await;

    // Actions, by the API that the user interface uses. Git names neither field, so it stays Synced.
    let act = async |action| {
        argo_cd.act(APPLICATIONS[0], &first, "flowers", action).await;
        argo_cd.act(APPLICATIONS[1], &second, "flowers", action).await;
    };
    let running = ["Synced Progressing", "flowers Synced Progressing 0 of 1 runs ended; 1 running"];
    let before = world.jobs().await.len();
    let actions = async {
        act("suspend").await;
        both_say(&applications, &["Synced Suspended", "flowers Synced Suspended suspended: nothing new starts"]).await;
        act("resume").await;
        both_say(&applications, &running).await;
        world.emulator.advance(LONG).await;
        both_say(&applications, &done).await;
        act("rerun").await;
        both_say(&applications, &running).await;
        compare(&applications).await;
    };
    tokio::select! { () = stay_synced(&applications) => {}, () = actions => {} }
    assert_eq!(world.jobs().await.len(), before + 2);

    // One that can never work.
    argo_cd.write(&Selection::new("hopeless").jump_start("x", "tensorflow-ic-no-such-model", "*"), &namespace);
    argo_cd.commit(&applications).await;
    both_say(&applications, &["Synced Degraded", "hopeless Synced Degraded candidate 'x'"]).await;

    // Removed from git: gone from the cluster, with its job.
    let running = world.jobs_in("InProgress").await;
    assert_eq!(running.len(), 2);
    argo_cd.remove("hopeless");
    argo_cd.remove("flowers");
    argo_cd.write(&Selection::new("other").images(&["b"]), &namespace);
    argo_cd.commit(&applications).await;
    for namespace in [&first, &second] {
        let selections = objects(&client, "modelselection.dev/v1alpha1", "ModelSelection", namespace).await;
        await_gone(&selections, "hopeless", DEADLINE).await;
        await_gone(&selections, "flowers", DEADLINE).await;
    }
    for job in running {
        world.await_stop(&job).await;
    }
    both_say(&applications, &["Synced Healthy", "other Synced Healthy 0 of 1 runs ended; 1 running"]).await;
}

/// Fails when one of the Applications is seen not to be Synced. Never ends by itself.
async fn stay_synced(applications: &Api<DynamicObject>) {
    consistently("both Applications are Synced", DEADLINE * 5, async || {
        for name in APPLICATIONS {
            let application = applications.get(name).await.map_err(|e| e.to_string())?;
            if application.data["status"]["sync"]["status"] != "Synced" {
                return Err(format!("{name}: {}", told(&application)));
            }
        }
        Ok(())
    })
    .await;
    panic!("the test takes too long");
}

/// Has both Applications compared anew, and waits until they are.
async fn compare(applications: &Api<DynamicObject>) {
    const REFRESH: &str = "argocd.argoproj.io/refresh";
    for name in APPLICATIONS {
        annotate(applications, name, REFRESH, "hard").await;
    }
    let compared = |application: &DynamicObject| !application.annotations().contains_key(REFRESH);
    for name in APPLICATIONS {
        await_object(applications, name, "compared", DEADLINE, compared).await;
    }
}
