//! `version`: shows the versions of the plugin and of the API in the cluster.

use std::process::ExitCode;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;

use crate::args::ClusterArgs;
use crate::cluster::Cluster;
use crate::failure::Outcome;
use crate::output;

pub(crate) async fn run(args: &ClusterArgs, client_only: bool) -> Outcome {
    output::text(&format!("plugin: {}\n", env!("CARGO_PKG_VERSION")))?;
    if client_only {
        return Ok(ExitCode::SUCCESS);
    }
    let cluster = Cluster::connect(args).await?;
    let server = cluster.client.apiserver_version().await?;
    let definitions: Api<CustomResourceDefinition> = Api::all(cluster.client);
    let definition = match definitions.get_opt("modelselections.modelselection.dev").await {
        Ok(Some(definition)) => {
            let versions = definition.spec.versions.iter().filter(|version| version.served);
            versions.map(|version| version.name.clone()).collect::<Vec<_>>().join(", ")
        }
        Ok(None) => "not installed".to_owned(),
        // Most users may not read definitions.
        Err(kube::Error::Api(status)) if status.code == 403 => "may not be read".to_owned(),
        Err(error) => return Err(error.into()),
    };
    output::text(&format!("kubernetes: {}\nmodelselections.modelselection.dev: {definition}\n", server.git_version))?;
    Ok(ExitCode::SUCCESS)
}
