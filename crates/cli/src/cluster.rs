//! The cluster, with the same configuration as kubectl, and its selections.

use api::ModelSelection;
use kube::api::ListParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, ResourceExt as _};

use crate::args::ClusterArgs;
use crate::failure::Failure;

/// A connection, with the current namespace.
pub(crate) struct Cluster {
    pub(crate) client: Client,
    pub(crate) namespace: String,
}

impl Cluster {
    /// From the flags, the kubeconfig, or the service account of the Pod that this process runs in.
    pub(crate) async fn connect(args: &ClusterArgs) -> Result<Self, Failure> {
        let mut config = config(args).await?;
        if let Some(user) = &args.impersonate {
            config.auth_info.impersonate = Some(user.clone());
        }
        if !args.impersonate_groups.is_empty() {
            config.auth_info.impersonate_groups = Some(args.impersonate_groups.clone());
        }
        // As with kubectl, 0 means no timeout.
        if let Some(timeout) = args.request_timeout.filter(|timeout| !timeout.is_zero()) {
            (config.connect_timeout, config.read_timeout) = (Some(timeout), Some(timeout));
        }
        let namespace = args.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        Ok(Self { client: Client::try_from(config)?, namespace })
    }

    /// The selections of the namespace.
    pub(crate) fn selections(&self) -> Api<ModelSelection> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The selection of a name, or of the only name with that prefix; without a name, the only selection.
    pub(crate) async fn selection(&self, name: Option<&str>) -> Result<ModelSelection, Failure> {
        if let Some(name) = name
            && let Some(selection) = self.selections().get_opt(name).await?
        {
            return Ok(selection);
        }
        let all = self.selections().list(&ListParams::default()).await?.items;
        let names: Vec<String> = all.iter().map(kube::ResourceExt::name_any).collect();
        let chosen = chosen(&names, name, &self.namespace).map_err(Failure::Message)?;
        all.into_iter()
            .find(|selection| selection.name_any() == chosen)
            .ok_or_else(|| Failure::Message(format!("ModelSelection '{chosen}' has just been deleted")))
    }
}

async fn config(args: &ClusterArgs) -> Result<Config, Failure> {
    let options =
        KubeConfigOptions { context: args.context.clone(), cluster: args.cluster.clone(), user: args.user.clone() };
    let unusable = |error: &dyn std::fmt::Display| Failure::Message(format!("cannot use the kubeconfig: {error}"));
    if let Some(file) = &args.kubeconfig {
        let kubeconfig = Kubeconfig::read_from(file).map_err(|error| unusable(&error))?;
        return Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| unusable(&error));
    }
    match Config::from_kubeconfig(&options).await {
        Ok(config) => Ok(config),
        // A Pod may have no kubeconfig. A wrong name of a context must not lead to the cluster of the Pod.
        Err(error) if asks_for_kubeconfig(args) => Err(unusable(&error)),
        Err(error) => Config::incluster().map_err(|_| unusable(&error)),
    }
}

fn asks_for_kubeconfig(args: &ClusterArgs) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    args.context.is_some() || args.cluster.is_some() || args.user.is_some() || is_set("KUBECONFIG")
}

/// The name of the requested selection.
fn chosen<'a>(names: &'a [String], wanted: Option<&str>, namespace: &str) -> Result<&'a str, String> {
    let begin: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| wanted.is_none_or(|wanted| name.starts_with(wanted))).collect();
    match (begin.as_slice(), wanted) {
        ([one], _) => Ok(one),
        ([], _) if names.is_empty() => Err(format!("namespace '{namespace}' has no ModelSelection")),
        ([], Some(wanted)) => {
            Err(format!("namespace '{namespace}' has no ModelSelection '{wanted}'; it has {}", names.join(", ")))
        }
        (several, _) => Err(format!("which ModelSelection of namespace '{namespace}': {}?", several.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_enough_when_only_one_name_has_it() {
        let names = ["caltech256", "flowers", "flowers-large"].map(str::to_owned);
        assert_eq!(chosen(&names, Some("cal"), "vision"), Ok("caltech256"));
        let which = chosen(&names, Some("flo"), "vision").unwrap_err();
        assert_eq!(which, "which ModelSelection of namespace 'vision': flowers, flowers-large?");
        assert_eq!(chosen(&names[..1], None, "vision"), Ok("caltech256"));
        assert_eq!(chosen(&[], None, "vision").unwrap_err(), "namespace 'vision' has no ModelSelection");
        let none = chosen(&names, Some("birds"), "vision").unwrap_err();
        assert_eq!(none, "namespace 'vision' has no ModelSelection 'birds'; it has caltech256, flowers, flowers-large");
    }
}
