//! `Model` and `EndpointConfig` of AWS Controllers for Kubernetes (sagemaker.services.k8s.aws/v1alpha1).

use serde_json::{Value, json};

use crate::container::ModelData;
use crate::header::header;
use crate::refusal::Refusal;
use crate::winner::Winner;

const API_VERSION: &str = "sagemaker.services.k8s.aws/v1alpha1";

/// Both objects as a stream of YAML documents.
pub(crate) fn stream(winner: &Winner) -> Result<String, Refusal> {
    let container = winner.known_container()?;
    Ok(format!("{}{}---\n{}", header(winner, Some(container)), yaml(&model(winner)?), yaml(&endpoint_config(winner))))
}

/// A YAML document. The values given here can always be serialized.
pub(crate) fn yaml(document: &Value) -> String {
    serde_saphyr::to_string(document).unwrap_or_default()
}

/// The model.
pub(crate) fn model(winner: &Winner) -> Result<Value, Refusal> {
    let container = winner.known_container()?;
    let mut primary = json!({"image": container.image, "environment": container.environment});
    match &container.data {
        ModelData::Archive(uri) => primary["modelDataURL"] = json!(uri),
        ModelData::Folder(uri) => {
            let source = json!({"s3URI": uri, "s3DataType": "S3Prefix", "compressionType": "None"});
            primary["modelDataSource"] = json!({"s3DataSource": source});
        }
    }
    let mut spec = json!({
        "modelName": winner.name(),
        "executionRoleARN": winner.role,
        "enableNetworkIsolation": container.network_isolation,
        "primaryContainer": primary,
        "tags": tags(winner),
    });
    if let Some(vpc) = &winner.vpc {
        spec["vpcConfig"] = json!({"securityGroupIDs": vpc.security_group_ids, "subnets": vpc.subnets});
    }
    Ok(object(winner, "Model", &spec))
}

/// The configuration of an endpoint.
pub(crate) fn endpoint_config(winner: &Winner) -> Value {
    let spec = json!({
        "endpointConfigName": winner.name(),
        "productionVariants": [{
            "variantName": "AllTraffic",
            "modelName": winner.name(),
            "instanceType": winner.instance_type,
            "initialInstanceCount": 1,
            "initialVariantWeight": 1,
        }],
        "tags": tags(winner),
    });
    object(winner, "EndpointConfig", &spec)
}

fn object(winner: &Winner, kind: &str, spec: &Value) -> Value {
    let (_, namespace) = &winner.selection;
    let mut metadata = json!({
        // Training jobs that others created may have capitals in their names.
        "name": winner.name().to_lowercase(),
        "annotations": {"services.k8s.aws/region": winner.region},
    });
    if !namespace.is_empty() {
        metadata["namespace"] = json!(namespace);
    }
    json!({"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec})
}

fn tags(winner: &Winner) -> Value {
    winner.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}
