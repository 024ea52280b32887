//! Real parts for the tests: a Kubernetes control plane, the emulated `SageMaker` and the unmodified operator.
//!
//! Most tests take a [`World`] and apply a [`Selection`]:
//!
//! ```ignore
//! let world = World::held("budget").await;                  // a namespace, an emulator and an operator of this test
//! world.apply(&Selection::new("sel").images(&["a", "b"])).await;
//! let status = world.await_launched("sel").await;           // no virtual time passes until the test advances it
//! world.emulator.advance(LONG).await;
//! let status = world.await_complete("sel").await;
//! ```
//!
//! Tests that stop the API server, or that need the controller manager (garbage collection, deletion of
//! namespaces), start a [`ControlPlane`] of their own instead of taking the shared one.
//! Every child process ends with the test process, however that ends: see [`process`].
//! Logs and the audit log are kept below `target/tmp/runs`: see [`run_folder`].
//! `MODELSELECTION_KUBERNETES_MINOR` (default 1.37) chooses the version, `KUBEBUILDER_ASSETS` a folder with binaries.

// Code that runs real programs must wait in real time.
#![allow(clippy::disallowed_methods)]
// Helpers of tests fail the test by panicking.
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
pub mod relay;
pub mod run_folder;
pub mod status;
pub mod tool;
pub mod wall_clock;
pub mod world;

pub use audit::AuditEntry;
pub use await_until::{await_gone, await_object, await_until, consistently};
pub use control_plane::{ControlPlane, ControlPlaneOptions, shared, shared_with};
pub use emulator::Emulator;
pub use emulator_client::ServiceError;
pub use kubectl::kubectl;
pub use manifests::{apply_yaml, install_crd};
pub use namespace::fresh_namespace;
pub use operator::{Operator, OperatorOptions};
pub use relay::Relay;
pub use samples::Selection;
pub use tool::tool;
pub use wall_clock::WallClock;
pub use world::World;
