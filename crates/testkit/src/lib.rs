//! Real parts for the tests: a Kubernetes control plane, the emulated `SageMaker` and the unmodified operator.
//!
//! A test file says `mod support;` and then, for example:
//!
//! ```ignore
//! let plane = support::shared().await;                      // one control plane per test binary
//! let client = plane.client();                              // one client per test: it belongs to the test's runtime
//! support::install_crd(&client, Path::new("crds/modelselections.yaml")).await;
//! let namespace = support::fresh_namespace(&client, "budget").await;
//! let sagemaker = support::Emulator::start(Path::new(env!("CARGO_BIN_EXE_sagemaker-emulator")), &[]).await;
//! let binary = env!("CARGO_BIN_EXE_modelselection-operator");
//! let mut operator = support::Operator::start(support::OperatorOptions::new(binary, plane, &sagemaker, &namespace));
//! operator.await_ready(Duration::from_secs(20)).await;
//! support::apply_yaml(&client, manifest).await.expect("the manifest is valid");
//! let done = support::await_object(&api, "name", "it is ready", deadline, |object| is_ready(object)).await;
//! ```
//!
//! Tests that stop the API server, or that need the controller manager (garbage collection, deletion of
//! namespaces), start a [`ControlPlane`] of their own instead of taking the shared one.
//! Every child process ends with the test process, however that ends: see [`process`].
//! Logs and the audit log are kept below `target/tmp/runs`: see [`run_folder`].
//! `MODELSELECTION_KUBERNETES_MINOR` (default 1.37) chooses the version, `KUBEBUILDER_ASSETS` a folder with binaries.

// What runs real programs has to wait in real time.
#![allow(clippy::disallowed_methods)]
// A helper of tests fails the test by panicking.
#![allow(clippy::missing_panics_doc, clippy::new_without_default, clippy::unwrap_used)]

pub mod audit;
pub mod await_until;
pub mod certificates;
pub mod control_plane;
pub mod emulator;
pub mod free_port;
pub mod jobs;
pub mod kubeconfig;
pub mod kubectl;
pub mod manifests;
pub mod namespace;
pub mod operator;
pub mod process;
pub mod programs;
pub mod run_folder;
pub mod status;
pub mod tool;
pub mod world;

pub use audit::AuditEntry;
pub use await_until::{await_gone, await_object, await_until, consistently};
pub use control_plane::{ControlPlane, ControlPlaneOptions, shared, shared_with};
pub use emulator::{Emulator, ServiceError};
pub use kubectl::kubectl;
pub use manifests::{apply_yaml, install_crd};
pub use namespace::fresh_namespace;
pub use operator::{Operator, OperatorOptions};
pub use samples::Selection;
pub use tool::tool;
pub use world::World;
