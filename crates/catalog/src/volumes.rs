//! The volumes of training instances: some types have local disks instead, whose size and key cannot be chosen.

use super::instance_type::takes_volume_size;
use super::model::Model;
use api::{InstanceFallback, ModelSelectionSpec, Reason};
use decide::fingerprint::Definition;
use decide::problem::Problem;

/// Default volume size in GB, if neither the spec nor the model has one.
pub(super) const VOLUME_SIZE_GB: i32 = 30;

/// Checks that all instances have a volume that the key can encrypt.
pub(super) fn check_key(spec: &ModelSelectionSpec, definition: &Definition) -> Result<(), Problem> {
    if spec.training.volume_kms_key_id.is_none() {
        return Ok(());
    }
    let fallbacks = definition.instance_fallbacks.iter().map(|other| ("instanceFallbacks", &other.instance_type));
    let mut all = std::iter::once(("instanceType", &definition.instance_type)).chain(fallbacks);
    let Some((field, local)) = all.find(|(_, instance_type)| !takes_volume_size(instance_type)) else { return Ok(()) };
    let message = format!(
        "`training.volumeKMSKeyID` must be left out for `{field}` '{local}': its disks are local, and always encrypted with a \
         key of the hardware; remove the key, or choose a type without local disks, such as 'ml.p3.2xlarge'"
    );
    Err(Problem::new(Reason::InvalidSpec, message))
}

/// The fallbacks with the volume size that the model asks for on their type; `model` is the one for all types.
pub(super) fn fallbacks(definition: &Definition, model: Option<&Model>) -> Vec<InstanceFallback> {
    let with_volume = |fallback: &InstanceFallback| {
        let of_model = || model?.on(&fallback.instance_type).volume_size_gb;
        let volume_size_gb = fallback.volume_size_gb.or(definition.volume_size_gb).or_else(of_model);
        let volume_size_gb = volume_size_gb.or(model.map(|_| VOLUME_SIZE_GB));
        InstanceFallback { volume_size_gb, ..fallback.clone() }
    };
    definition.instance_fallbacks.iter().map(with_volume).collect()
}
