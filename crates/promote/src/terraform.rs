//! Resources of Terraform's provider for AWS.

use std::collections::BTreeMap;

use hcl::expr::{Expression, ObjectKey, Traversal, Variable};
use hcl::{Block, Body, Identifier};

use crate::container::{Container, ModelData};
use crate::header::header;
use crate::refusal::Refusal;
use crate::winner::Winner;

/// The name of both resources within Terraform.
const NAME: &str = "winner";

/// The model and the configuration of an endpoint.
pub(crate) fn text(winner: &Winner) -> Result<String, Refusal> {
    let container = winner.known_container()?;
    let body = Body::builder().add_block(model(winner, container)).add_block(endpoint_configuration(winner)).build();
    // Values that are built here can always be serialized.
    let text = hcl::format::to_string(&body).unwrap_or_default();
    Ok(format!("{}{text}", header(winner, Some(container))))
}

fn model(winner: &Winner, container: &Container) -> Block {
    let mut primary = Block::builder("primary_container").add_attribute(("image", container.image.clone()));
    primary = match &container.data {
        ModelData::Archive(uri) => primary.add_attribute(("model_data_url", uri.clone())),
        ModelData::Folder(uri) => {
            let source = Block::builder("s3_data_source")
                .add_attribute(("s3_uri", uri.clone()))
                .add_attribute(("s3_data_type", "S3Prefix"))
                .add_attribute(("compression_type", "None"));
            primary.add_block(Block::builder("model_data_source").add_block(source.build()).build())
        }
    };
    if !container.environment.is_empty() {
        primary = primary.add_attribute(("environment", map(&container.environment)));
    }
    let mut model = resource("aws_sagemaker_model")
        .add_attribute(("name", winner.name()))
        .add_attribute(("execution_role_arn", winner.role.clone()))
        .add_attribute(("enable_network_isolation", container.network_isolation))
        .add_block(primary.build());
    if let Some(vpc) = &winner.vpc {
        let config = Block::builder("vpc_config")
            .add_attribute(("security_group_ids", vpc.security_group_ids.clone()))
            .add_attribute(("subnets", vpc.subnets.clone()));
        model = model.add_block(config.build());
    }
    tagged(model, winner)
}

fn endpoint_configuration(winner: &Winner) -> Block {
    let reference = Traversal::builder(Variable::sanitized("aws_sagemaker_model"))
        .attr(Identifier::sanitized(NAME))
        .attr(Identifier::sanitized("name"))
        .build();
    let variant = Block::builder("production_variants")
        .add_attribute(("variant_name", "AllTraffic"))
        .add_attribute(("model_name", Expression::from(reference)))
        .add_attribute(("instance_type", winner.instance_type.clone()))
        .add_attribute(("initial_instance_count", 1))
        .add_attribute(("initial_variant_weight", 1));
    let configuration = resource("aws_sagemaker_endpoint_configuration")
        .add_attribute(("name", winner.name()))
        .add_block(variant.build());
    tagged(configuration, winner)
}

fn resource(kind: &str) -> hcl::structure::BlockBuilder {
    Block::builder("resource").add_label(kind).add_label(NAME)
}

fn tagged(block: hcl::structure::BlockBuilder, winner: &Winner) -> Block {
    if winner.tags.is_empty() { block.build() } else { block.add_attribute(("tags", map(&winner.tags))).build() }
}

fn map(entries: &BTreeMap<String, String>) -> Expression {
    let entry = |(name, value): (&String, &String)| {
        (ObjectKey::Expression(Expression::String(name.clone())), Expression::String(value.clone()))
    };
    Expression::Object(entries.iter().map(entry).collect())
}
