//! The kubectl plugin as people run it: the unmodified program against a real API server.
// A test that cannot go on has to stop, in its helpers too.
#![allow(clippy::unwrap_used)]
// What measures real programs reads the real clock.
#![allow(clippy::disallowed_methods)]

mod changes;
mod doctor;
mod installing;
mod kubectl;
mod linting;
mod logs;
mod objects;
mod planning;
mod promoting;
mod reading;
mod support_bundle;
mod waiting;
mod writing;

use std::process::{Command, Stdio};

use api::ModelSelection;
use kube::{Api, Client};
use testkit::{ControlPlane, fresh_namespace, install_crd, programs, shared};

/// The plugin, as it is built now.
const PLUGIN: &str = env!("CARGO_BIN_EXE_kubectl-msel");

/// A namespace of a control plane, and the plugin there.
struct Place {
    plane: &'static ControlPlane,
    client: Client,
    namespace: String,
}

/// What the plugin has said.
#[derive(Debug)]
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Place {
    async fn new(purpose: &str) -> Self {
        let plane = shared().await;
        let client = plane.client();
        install_crd(&client, programs::CRD.as_ref()).await;
        let namespace = fresh_namespace(&client, purpose).await;
        Self { plane, client, namespace }
    }

    fn api(&self) -> Api<ModelSelection> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The plugin with these arguments, in this namespace, as somebody without settings of their own.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PLUGIN);
        command.args(arguments).args(["-n", &self.namespace]);
        command.env("KUBECONFIG", self.plane.kubeconfig()).env("LANG", "C.UTF-8");
        for variable in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LC_ALL", "LC_CTYPE"] {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the plugin into a pipe, to its end.
    fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    /// The same, which has to go well.
    fn shows(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}: {said:?}");
        said.out
    }
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap_or_else(|e| panic!("cannot run {command:?}: {e}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}
