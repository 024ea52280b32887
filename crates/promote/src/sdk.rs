//! Python that calls the SageMaker SDK, version 2.

use std::fmt::Write as _;

use crate::container::{Container, ModelData};
use crate::header::header;
use crate::winner::Winner;

/// The script. Running it deploys a new endpoint; existing endpoints do not change.
pub(crate) fn text(winner: &Winner) -> String {
    let container = winner.container.as_ref().ok();
    let mut text = header(winner, container.filter(|container| container.packed.is_none()));
    text.push_str("# pip install 'sagemaker<3'\nimport boto3\nimport sagemaker\n");
    match (container, &winner.model) {
        (Some(container), _) => by_container(&mut text, winner, container),
        (None, Some((id, version))) => by_jumpstart(&mut text, winner, id, version),
        (None, None) => by_hand(&mut text, winner),
    }
    text
}

/// With all known values, so that the SDK need not query the hub.
fn by_container(text: &mut String, winner: &Winner, container: &Container) {
    let data = match (&container.packed, &container.data) {
        // The SDK packs the script into the archive itself.
        (Some(packed), _) => literal(&packed.archive),
        (None, ModelData::Archive(uri)) => literal(uri),
        (None, ModelData::Folder(uri)) => format!(
            "{{\"S3DataSource\": {{\"S3Uri\": {}, \"S3DataType\": \"S3Prefix\", \"CompressionType\": \"None\"}}}}",
            literal(uri)
        ),
    };
    text.push_str("from sagemaker.model import Model\n\n");
    session(text, winner);
    line(text, "model = Model(");
    argument(text, "name", &literal(winner.name()));
    argument(text, "image_uri", &literal(&container.image));
    argument(text, "model_data", &data);
    argument(text, "role", &literal(&winner.role));
    if let Some(packed) = &container.packed {
        argument(text, "entry_point", &literal("inference.py"));
        argument(text, "source_dir", &literal(&packed.script));
    }
    argument(text, "env", &map(container.environment.iter()));
    vpc(text, winner);
    argument(text, "enable_network_isolation", if container.network_isolation { "True" } else { "False" });
    argument(text, "sagemaker_session", "session");
    line(text, ")");
    line(text, "predictor = model.deploy(");
    deploy(text, winner);
}

/// Only by the training job and the model: the SDK finds the serving container in JumpStart.
fn by_jumpstart(text: &mut String, winner: &Winner, id: &str, version: &str) {
    text.push_str("from sagemaker.jumpstart.estimator import JumpStartEstimator\n\n");
    session(text, winner);
    line(text, "estimator = JumpStartEstimator.attach(");
    argument(text, "training_job_name", &literal(winner.name()));
    argument(text, "model_id", &literal(id));
    argument(text, "model_version", &literal(version));
    argument(text, "sagemaker_session", "session");
    line(text, ")");
    line(text, "predictor = estimator.deploy(");
    deploy(text, winner);
}

/// Only by the training job: with the image that trained it.
fn by_hand(text: &mut String, winner: &Winner) {
    text.push_str("from sagemaker.estimator import Estimator\n\n");
    session(text, winner);
    line(text, "# It is served by the image that has trained it; name another one with image_uri.");
    let _ = writeln!(text, "estimator = Estimator.attach({}, session)", literal(winner.name()));
    line(text, "predictor = estimator.deploy(");
    deploy(text, winner);
}

fn session(text: &mut String, winner: &Winner) {
    let region = literal(&winner.region);
    let _ = writeln!(text, "session = sagemaker.Session(boto3.Session(region_name={region}))");
}

fn vpc(text: &mut String, winner: &Winner) {
    let Some(vpc) = &winner.vpc else { return };
    let list = |ids: &[String]| ids.iter().map(|id| literal(id)).collect::<Vec<_>>().join(", ");
    let config =
        format!("{{\"SecurityGroupIds\": [{}], \"Subnets\": [{}]}}", list(&vpc.security_group_ids), list(&vpc.subnets));
    argument(text, "vpc_config", &config);
}

fn deploy(text: &mut String, winner: &Winner) {
    argument(text, "initial_instance_count", "1");
    argument(text, "instance_type", &literal(&winner.instance_type));
    if !winner.tags.is_empty() {
        let tag =
            |(key, value): (&String, &String)| format!("{{\"Key\": {}, \"Value\": {}}}", literal(key), literal(value));
        let tags: Vec<String> = winner.tags.iter().map(tag).collect();
        argument(text, "tags", &format!("[{}]", tags.join(", ")));
    }
    line(text, ")");
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn argument(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "    {name}={value},");
}

/// A string literal of Python: a JSON string is one.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn map<'a>(entries: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let entries: Vec<String> = entries.map(|(name, value)| format!("{}: {}", literal(name), literal(value))).collect();
    format!("{{{}}}", entries.join(", "))
}
