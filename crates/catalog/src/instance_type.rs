//! Parses the name of an instance type.

/// `p3` of `ml.p3.2xlarge`.
pub(super) fn family(instance_type: &str) -> &str {
    instance_type.split('.').nth(1).unwrap_or_default()
}

/// Families with local disks only, which the vendor's SDK leaves at its default size.
pub(super) fn takes_volume_size(instance_type: &str) -> bool {
    let family = family(instance_type);
    !family.contains('d') && !["g5", "g6", "p5", "trn1"].iter().any(|without| family.starts_with(without))
}
