//! etcd and kube-apiserver on loopback, and optionally the controller manager.
//!
//! This contains only operating-system processes and files, and nothing that belongs to an async runtime, so that tests
//! with runtimes of their own can share one control plane.

mod slow_etcd;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use kube::{Api, Client, Config};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::OnceCell;

use super::audit::{self, AuditEntry};
use super::await_until::try_await_until;
use super::certificates::{Authority, TokenKey};
use super::free_port::FreePort;
use super::kubeconfig::{self, Credentials};
use super::manifests::{apply, install_crd};
use super::process::{Process, Program};
use super::programs;
use super::run_folder::{BULKY, numbered, run_folder};

const NEWEST: &str = "1.37";
const START_DEADLINE: Duration = Duration::from_secs(90);
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// What to start.
#[derive(Clone, Debug, Default)]
pub struct ControlPlaneOptions {
    /// With the controller manager: owned objects are garbage-collected and namespaces can be deleted (which takes 5 s
    /// by design). Starting takes a second longer, and its writes are in the audit log too.
    pub controller_manager: bool,
    /// CRDs to install before the controller manager starts. Its garbage collector looks for new kinds only every 30 s,
    /// so it would be late for kinds that are installed afterwards.
    pub crds: Vec<PathBuf>,
    /// More flags for the API server.
    pub api_server_arguments: Vec<String>,
}

/// A running control plane.
pub struct ControlPlane {
    folder: PathBuf,
    kubeconfig: PathBuf,
    binaries: PathBuf,
    ports: Ports,
    authority: Authority,
    options: ControlPlaneOptions,
    admin: Config,
    crd: OnceCell<()>,
    /// In the order in which they are stopped: each before the ones it depends on.
    controller_manager: Mutex<Option<Process>>,
    api_server: Mutex<Option<Process>>,
    etcd: Mutex<Option<Process>>,
}

struct Ports {
    etcd: FreePort,
    etcd_peers: FreePort,
    api_server: FreePort,
    controller_manager: FreePort,
}

/// The control plane that the tests of this binary share, without controller manager and without CRDs.
pub async fn shared() -> &'static ControlPlane {
    shared_with(ControlPlaneOptions::default()).await
}

/// The same with options. The options of the first caller apply, so all tests of a binary must pass the same.
pub async fn shared_with(options: ControlPlaneOptions) -> &'static ControlPlane {
    // A failure is cached too: otherwise every test of the binary would wait for the timeout.
    static SHARED: OnceCell<Result<ControlPlane, String>> = OnceCell::const_new();
    let started = SHARED.get_or_init(|| ControlPlane::try_start(options)).await;
    started.as_ref().unwrap_or_else(|e| panic!("the control plane did not start: {e}"))
}

impl ControlPlane {
    /// Starts one and waits until it is ready. Panics with the end of the logs on failure.
    pub async fn start(options: ControlPlaneOptions) -> Self {
        Self::try_start(options).await.unwrap_or_else(|e| panic!("the control plane did not start: {e}"))
    }

    async fn try_start(options: ControlPlaneOptions) -> Result<Self, String> {
        let binaries = binaries()?;
        let folder = run_folder().join(numbered("control-plane"));
        fs::create_dir_all(&folder).map_err(|e| format!("cannot create {}: {e}", folder.display()))?;
        let ports = Ports {
            etcd: FreePort::reserve(),
            etcd_peers: FreePort::reserve(),
            api_server: FreePort::reserve(),
            controller_manager: FreePort::reserve(),
        };
        let authority = Authority::new();
        write_files(&folder, &authority).map_err(|e| format!("cannot write into {}: {e}", folder.display()))?;
        let server = format!("https://127.0.0.1:{}", ports.api_server.number());
        for (file, user, groups) in [
            ("admin", "admin", &["system:masters"] as &[&str]),
            ("controller-manager", "system:kube-controller-manager", &[]),
        ] {
            let path = folder.join(format!("{file}.kubeconfig"));
            kubeconfig::write(
                &path,
                &server,
                authority.certificate(),
                Credentials::Certificate(authority.client(user, groups)),
            );
        }
        let kubeconfig = folder.join("admin.kubeconfig");
        let admin = kubeconfig::read(&kubeconfig).await;
        let plane = Self {
            folder,
            kubeconfig,
            binaries,
            ports,
            authority,
            options,
            admin,
            crd: OnceCell::new(),
            controller_manager: Mutex::new(None),
            api_server: Mutex::new(None),
            etcd: Mutex::new(None),
        };
        *plane.etcd.lock() = Some(plane.spawn("etcd", plane.etcd_arguments()));
        // The API server itself waits for etcd.
        plane.try_start_api_server().await?;
        if !plane.options.crds.is_empty() {
            let client = plane.client();
            for crd in &plane.options.crds {
                install_crd(&client, crd).await;
            }
        }
        if plane.options.controller_manager {
            plane.start_controller_manager().await?;
        }
        Ok(plane)
    }

    /// A new client with all permissions. Create one for each test: a client ends with the runtime in which it was
    /// created.
    pub fn client(&self) -> Client {
        connect(self.admin.clone())
    }

    /// Installs the CRD of the repository, once: the API server takes long for its schema.
    pub async fn install_crd(&self) {
        self.crd.get_or_init(async || install_crd(&self.client(), programs::CRD.as_ref()).await).await;
    }

    /// A new client with the permissions of a kubeconfig.
    pub async fn client_for(&self, kubeconfig: &Path) -> Client {
        connect(kubeconfig::read(kubeconfig).await)
    }

    /// The administrator's kubeconfig, for kubectl and the operator.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A kubeconfig for a user that has only the permissions that RBAC grants. At most two groups.
    pub fn kubeconfig_for(&self, user: &str, groups: &[&str]) -> PathBuf {
        self.kubeconfig_through(self.port(), user, groups)
    }

    /// The same for a relay to the API server, by its port.
    pub fn kubeconfig_through(&self, port: u16, user: &str, groups: &[&str]) -> PathBuf {
        self.write_kubeconfig(port, user, Credentials::Certificate(self.authority.client(user, groups)))
    }

    /// The port of the API server.
    pub fn port(&self) -> u16 {
        self.ports.api_server.number()
    }

    /// A kubeconfig with a token (valid for a day) of a service account, which is created if needed: its user has the
    /// permissions of a Pod with that service account.
    pub async fn kubeconfig_for_service_account(&self, namespace: &str, name: &str) -> PathBuf {
        let client = self.client();
        let account = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": name, "namespace": namespace } });
        apply(&client, &account)
            .await
            .unwrap_or_else(|e| panic!("cannot create service account {namespace}/{name}: {e}"));
        let accounts: Api<ServiceAccount> = Api::namespaced(client, namespace);
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": { "expirationSeconds": 86_400, "audiences": [ISSUER] },
        });
        let answer = accounts.create_subresource("token", name, &PostParams::default(), &request).await;
        let answer: TokenRequest =
            answer.unwrap_or_else(|e| panic!("no token for service account {namespace}/{name}: {e}"));
        let token =
            answer.status.unwrap_or_else(|| panic!("a token request without status for {namespace}/{name}")).token;
        self.write_kubeconfig(self.port(), &format!("{namespace}-{name}"), Credentials::Token(token))
    }

    /// All writes so far, except Leases and the server's own. Includes every write whose response a client has
    /// received.
    pub fn audit(&self) -> Vec<AuditEntry> {
        self.audit_from(0).0
    }

    /// The same from an offset of the log on, and the offset behind them: for tests that look again and again.
    pub fn audit_from(&self, offset: u64) -> (Vec<AuditEntry>, u64) {
        audit::read_from(&self.folder.join("audit.log"), offset)
    }

    /// The folder of the logs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Kills the API server (SIGKILL, so that its clients see broken connections). Not for the shared control plane.
    pub fn stop_api_server(&self) {
        *self.api_server.lock() = None;
    }

    /// Starts the API server again, on the same port and with the same data, and waits until it is ready.
    pub async fn start_api_server(&self) {
        self.try_start_api_server().await.unwrap_or_else(|e| panic!("the API server did not restart: {e}"));
    }

    async fn try_start_api_server(&self) -> Result<(), String> {
        *self.api_server.lock() = Some(self.spawn("kube-apiserver", self.api_server_arguments()));
        // Responses of 503 are expected here; the client would retry each request for seconds.
        let mut config = self.admin.clone();
        config.default_retry = false;
        let client = connect(config);
        self.ready("the API server is ready", &[&self.etcd, &self.api_server], async || {
            let request = kube::core::Request::new("").get("readyz", &kube::api::GetParams::default());
            let request = request.map_err(|e| e.to_string())?;
            client.request_text(request).await.map(drop).map_err(|e| e.to_string())
        })
        .await
    }

    async fn start_controller_manager(&self) -> Result<(), String> {
        let arguments = self.controller_manager_arguments();
        *self.controller_manager.lock() = Some(self.spawn("kube-controller-manager", arguments));
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client(), "default");
        self.ready("there is a default service account", &[&self.controller_manager], async || {
            accounts.get("default").await.map(drop).map_err(|e| e.to_string())
        })
        .await
    }

    /// Waits until ready, or until a program ends; the error includes the end of the programs' logs.
    async fn ready(
        &self,
        what: &str,
        programs: &[&Mutex<Option<Process>>],
        mut condition: impl AsyncFnMut() -> Result<(), String>,
    ) -> Result<(), String> {
        let waited = try_await_until(what, START_DEADLINE, async || {
            let ended =
                programs.iter().any(|program| program.lock().as_mut().is_none_or(|process| !process.is_running()));
            if ended { Ok(Err("a program ended by itself".to_owned())) } else { condition().await.map(Ok) }
        });
        let logs = || {
            programs
                .iter()
                .filter_map(|program| program.lock().as_ref().map(Process::tail))
                .collect::<Vec<_>>()
                .join("\n")
        };
        waited.await.flatten().map_err(|e| format!("{e}\n{}", logs()))
    }

    fn write_kubeconfig(&self, port: u16, user: &str, credentials: Credentials) -> PathBuf {
        // Numbered, because two tests may use the same user with different groups.
        let file = format!("{}.kubeconfig", numbered(&user.replace(['/', ':'], "-")));
        let path = self.folder.join(file);
        let server = format!("https://127.0.0.1:{port}");
        kubeconfig::write(&path, &server, self.authority.certificate(), credentials);
        path
    }

    fn spawn(&self, name: &str, arguments: Vec<String>) -> Process {
        let binary = &self.binaries.join(name);
        Process::start(Program { name, binary, arguments, environment: Vec::new(), folder: &self.folder })
    }

    fn etcd_arguments(&self) -> Vec<String> {
        let clients = format!("http://127.0.0.1:{}", self.ports.etcd.number());
        let peers = format!("http://127.0.0.1:{}", self.ports.etcd_peers.number());
        vec![
            flag("data-dir", self.folder.join(BULKY).display()),
            flag("listen-client-urls", &clients),
            flag("advertise-client-urls", &clients),
            flag("listen-peer-urls", &peers),
            flag("initial-advertise-peer-urls", &peers),
            flag("initial-cluster", format!("default={peers}")),
            "--unsafe-no-fsync".to_owned(),
        ]
    }

    fn api_server_arguments(&self) -> Vec<String> {
        let file = |name: &str| self.folder.join(name).display().to_string();
        let mut arguments = vec![
            flag("etcd-servers", format!("http://127.0.0.1:{}", self.ports.etcd.number())),
            flag("secure-port", self.ports.api_server.number()),
            flag("bind-address", "127.0.0.1"),
            // Otherwise it looks for a network interface, and refuses to announce a loopback address.
            flag("endpoint-reconciler-type", "none"),
            flag("advertise-address", "10.255.255.1"),
            flag("cert-dir", file("api-server")),
            flag("tls-cert-file", file("server.crt")),
            flag("tls-private-key-file", file("server.key")),
            flag("client-ca-file", file("ca.crt")),
            flag("service-account-key-file", file("tokens.pub")),
            flag("service-account-signing-key-file", file("tokens.key")),
            flag("service-account-issuer", ISSUER),
            flag("service-cluster-ip-range", "10.0.0.0/24"),
            flag("authorization-mode", "RBAC"),
            flag("audit-policy-file", file("audit-policy.yaml")),
            flag("audit-log-path", file("audit.log")),
            flag("audit-log-mode", "blocking"),
            // In megabytes; a rotated file would not be read.
            flag("audit-log-maxsize", 4096),
        ];
        if !self.options.controller_manager {
            // Nothing creates the service accounts that this plugin requires for each Pod.
            arguments.push(flag("disable-admission-plugins", "ServiceAccount"));
        }
        arguments.extend(self.options.api_server_arguments.iter().cloned());
        arguments
    }

    fn controller_manager_arguments(&self) -> Vec<String> {
        let file = |name: &str| self.folder.join(name).display().to_string();
        let kubeconfig = file("controller-manager.kubeconfig");
        vec![
            flag("kubeconfig", &kubeconfig),
            flag("authentication-kubeconfig", &kubeconfig),
            flag("authorization-kubeconfig", &kubeconfig),
            flag("bind-address", "127.0.0.1"),
            flag("secure-port", self.ports.controller_manager.number()),
            flag("cert-dir", file("controller-manager")),
            flag("leader-elect", false),
            // With its defaults (20 and 30) it throttles itself for 5 s at its start.
            flag("kube-api-qps", 500),
            flag("kube-api-burst", 500),
            "--use-service-account-credentials".to_owned(),
            flag("service-account-private-key-file", file("tokens.key")),
            flag("root-ca-file", file("ca.crt")),
        ]
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        for program in [&self.controller_manager, &self.api_server, &self.etcd] {
            *program.lock() = None;
        }
        // The logs are kept for the analysis of failed tests.
        let _ = fs::remove_dir_all(self.folder.join(BULKY));
    }
}

/// The folder with the binaries. Builds them if needed, which takes minutes, once; the script reports on standard
/// error.
fn binaries() -> Result<PathBuf, String> {
    let script = Path::new(programs::ROOT).join("tests/control-plane/get.sh");
    let minor = std::env::var("MODELSELECTION_KUBERNETES_MINOR").unwrap_or_else(|_| NEWEST.to_owned());
    let output = Command::new(&script).arg(minor).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| format!("cannot run {}: {e}", script.display()))?;
    if !output.status.success() {
        return Err(format!("{} failed ({}); its messages are above", script.display(), output.status));
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

fn write_files(folder: &Path, authority: &Authority) -> std::io::Result<()> {
    let (server, tokens) = (authority.server(), TokenKey::new());
    for (name, text) in [
        ("ca.crt", authority.certificate()),
        ("server.crt", &server.certificate),
        ("server.key", &server.key),
        ("tokens.key", &tokens.private),
        ("tokens.pub", &tokens.public),
        ("audit-policy.yaml", audit::POLICY),
        // So that the file exists before the first write.
        ("audit.log", ""),
    ] {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

fn flag(name: &str, value: impl std::fmt::Display) -> String {
    format!("--{name}={value}")
}

fn connect(config: Config) -> Client {
    Client::try_from(config).unwrap_or_else(|e| panic!("cannot make a Kubernetes client: {e}"))
}
