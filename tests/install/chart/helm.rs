//! Helm and its output.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use testkit::run_folder::run_folder;
use testkit::tool;

/// The chart of this repository.
pub const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/charts/modelselection-operator");
/// Name of the release, and of its objects.
pub const RELEASE: &str = "modelselection-operator";
/// Namespace of the release.
pub const NAMESPACE: &str = "modelselection-system";

/// The namespace of the release, with Pod Security's strictest level.
pub fn namespace_of_the_release() -> Value {
    let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}})
}

/// The supported versions of Helm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Helm {
    /// The current one.
    Four,
    /// The previous one.
    Three,
}

impl Helm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Four, Self::Three];

    /// Its output, or its error output as the error. `values` is a values file, passed on standard input.
    pub fn run(self, arguments: &[&str], values: &str, kubeconfig: Option<&Path>) -> Result<String, String> {
        let mut command = Command::new(self.program());
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // The user's own Helm settings must not apply.
        for folder in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            command.env(folder, run_folder().join("helm"));
        }
        command.env("KUBECONFIG", kubeconfig.unwrap_or(Path::new("/dev/null")));
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(values.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    /// Renders the chart with these values.
    pub fn template(self, chart: &str, values: &str) -> Result<Objects, String> {
        let arguments = ["template", RELEASE, chart, "--namespace", NAMESPACE, "--values", "-"];
        self.run(&arguments, values, None).map(|text| Objects::of(&text))
    }

    fn program(self) -> &'static Path {
        static PROGRAMS: [OnceLock<PathBuf>; 2] = [OnceLock::new(), OnceLock::new()];
        let name = match self {
            Self::Four => "helm-4",
            Self::Three => "helm-3",
        };
        PROGRAMS[self as usize].get_or_init(|| tool(name))
    }
}

/// Objects by `Kind/namespace/name`, or `Kind/name` for those without a namespace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objects(pub BTreeMap<String, Value>);

impl Objects {
    /// The objects in a multi-document text; no two may be the same object.
    pub fn of(yaml: &str) -> Self {
        let documents: Vec<Value> = serde_saphyr::from_multiple(yaml).unwrap_or_else(|e| panic!("{e}\n{yaml}"));
        let mut objects = BTreeMap::new();
        for object in documents.into_iter().filter(|document| !document.is_null()) {
            let text = |pointer| object.pointer(pointer).and_then(Value::as_str);
            let parts = [text("/kind"), text("/metadata/namespace"), text("/metadata/name")];
            let key = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
            assert!(objects.insert(key.clone(), object).is_none(), "{key} is duplicated");
        }
        Self(objects)
    }

    /// The only object of a kind.
    pub fn the(&self, kind: &str) -> &Value {
        let all: Vec<&Value> = self.of_kind(kind).collect();
        assert_eq!(all.len(), 1, "one {kind} among {:?}", self.0.keys());
        all[0]
    }

    /// All objects of a kind.
    pub fn of_kind<'s, 'k>(&'s self, kind: &'k str) -> impl Iterator<Item = &'s Value> + use<'s, 'k> {
        self.0.values().filter(move |object| object["kind"] == kind)
    }

    /// Without the objects that only a command such as `helm test` creates.
    #[must_use]
    pub fn without_hooks(mut self) -> Self {
        self.0.retain(|_, object| object.pointer("/metadata/annotations/helm.sh~1hook").is_none());
        self
    }

    /// The environment of the operator's container, by name; values from the Pod's fields are resolved like in the
    /// kubelet.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let container = &self.the("Deployment")["spec"]["template"]["spec"]["containers"][0];
        environment(container)
    }
}

/// The environment of a container.
pub fn environment(container: &Value) -> BTreeMap<String, String> {
    let variables = container["env"].as_array().unwrap().iter().map(|variable| {
        let name = variable["name"].as_str().unwrap().to_owned();
        let value = match variable.pointer("/valueFrom/fieldRef/fieldPath").and_then(Value::as_str) {
            Some("metadata.namespace") => json!(NAMESPACE),
            Some(path) => json!(path),
            None => variable["value"].clone(),
        };
        (name, value.as_str().unwrap_or_else(|| panic!("not a string: {variable}")).to_owned())
    });
    variables.collect()
}
