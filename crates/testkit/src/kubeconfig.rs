//! Self-contained kubeconfig files: usable by kubectl, by the operator and by [`kube`].

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use k8s_openapi::ByteString;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

use super::certificates::Identity;

/// The credentials of a user.
pub enum Credentials {
    /// A client certificate.
    Certificate(Identity),
    /// A bearer token.
    Token(String),
}

/// Writes a kubeconfig (as JSON, which is also YAML). Readable only by its owner, otherwise Helm warns.
pub fn write(path: &Path, server: &str, authority: &str, credentials: Credentials) {
    let user = match credentials {
        Credentials::Token(token) => json!({ "token": token }),
        Credentials::Certificate(Identity { certificate, key }) => json!({
            "client-certificate-data": base64(&certificate),
            "client-key-data": base64(&key),
        }),
    };
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": "tests", "cluster": { "server": server, "certificate-authority-data": base64(authority) } }],
        "users": [{ "name": "tests", "user": user }],
        "contexts": [{ "name": "tests", "context": { "cluster": "tests", "user": "tests", "namespace": "default" } }],
        "current-context": "tests",
    });
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(format!("{config:#}\n").as_bytes()));
    written.unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
}

/// A client configuration from such a file.
pub async fn read(path: &Path) -> Config {
    let kubeconfig = Kubeconfig::read_from(path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .unwrap_or_else(|e| panic!("{} is not a valid kubeconfig: {e}", path.display()));
    // kube reads it from the environment; a proxy must not be used for loopback.
    config.proxy_url = None;
    config
}

/// Kubernetes' own type for bytes in JSON avoids a dependency.
fn base64(text: &str) -> Value {
    serde_json::to_value(ByteString(text.as_bytes().to_vec()))
        .unwrap_or_else(|e| panic!("cannot encode {} bytes: {e}", text.len()))
}
