//! A namespace for each test.

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};

use super::run_folder::numbered;

/// Creates a namespace whose name begins with `purpose` (preferably the test's own name) and is unique in this run.
pub async fn fresh_namespace(client: &Client, purpose: &str) -> String {
    let letters = purpose.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let readable: String = letters.take(50).collect();
    let name = numbered(readable.trim_matches('-'));
    let namespace = Namespace {
        metadata: ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() },
        ..Namespace::default()
    };
    let created = Api::all(client.clone()).create(&PostParams::default(), &namespace).await;
    created.unwrap_or_else(|e| panic!("cannot create namespace {name}: {e}"));
    name
}
