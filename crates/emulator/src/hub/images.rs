//! Images of containers, and which families of instances take which.

use std::collections::BTreeMap;

use serde::Serialize;

/// The registry of the deep-learning images.
pub const DEEP: &str = "763104351884";
const GPU: [&str; 11] = ["g4dn", "g5", "g6", "g6e", "local_gpu", "p2", "p3", "p3dn", "p4d", "p4de", "p5"];
const CPU: [&str; 21] = [
    "c4", "c5", "c5d", "c5n", "c6i", "c6id", "c7i", "local", "m4", "m5", "m5d", "m6i", "m6id", "m7i", "r5", "r5d",
    "r6i", "r6id", "r7i", "t2", "t3",
];

/// The image of a registry in a region. `image` is its repository and tag, with `{kind}` for `kind`: `cpu` or `gpu`.
pub fn uri(registry: &str, image: &str, kind: &str, region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("{registry}.dkr.ecr.{region}.{domain}/{}", image.replace("{kind}", kind))
}

/// What is otherwise on the families of instances.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Variants {
    variants: BTreeMap<&'static str, Variant>,
}

impl Variants {
    /// The image for `gpu` and for `cpu` on each family of that kind.
    pub fn of(image: impl Fn(&str) -> String) -> Self {
        let variant = |kind: &str| Variant { properties: Properties { image_uri: image(kind) } };
        let gpu = GPU.iter().map(|family| (*family, variant("gpu")));
        let cpu = CPU.iter().map(|family| (*family, variant("cpu")));
        Self { variants: gpu.chain(cpu).collect() }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Variant {
    properties: Properties,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    image_uri: String,
}
