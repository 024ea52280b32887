//! The family of a model: the common part of the names of models of different sizes.

/// Parts of a JumpStart id that do not belong to the model's name: the data it was trained on, and its task.
const NO_MODEL: [&str; 3] = ["imagenet", "classification", "featurevector"];

/// The family of a JumpStart model, such as 'mobilenet-v2' of
/// 'tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4'.
///
/// An id begins with the framework and the task; then comes the architecture, whose first word and version ('v2') are
/// the family.
pub fn of_model(id: &str) -> String {
    let mut words = id.split('-').skip(2).filter(|word| !NO_MODEL.contains(word));
    named(&mut words).unwrap_or_else(|| id.to_owned())
}

/// The family of a training image: the last part of its repository.
pub fn of_image(image: &str) -> String {
    let repository = image.rsplit('/').next().unwrap_or(image);
    repository.split([':', '@']).next().unwrap_or(repository).to_owned()
}

/// The family of a candidate of which only the name is known.
pub fn of_name(name: &str) -> String {
    named(&mut name.split(['-', '_', '.'])).unwrap_or_else(|| name.to_owned())
}

fn named<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<String> {
    let first = words.next().filter(|word| !word.is_empty())?;
    let version = words.next().filter(|word| is_version(word));
    Some(version.map_or_else(|| first.to_owned(), |version| format!("{first}-{version}")))
}

/// Whether `word` is one such as 'v2'.
fn is_version(word: &str) -> bool {
    word.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_group_sizes_of_a_model() {
        for (id, family) in [
            ("tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4", "mobilenet-v2"),
            ("tensorflow-ic-efficientnet-v2-imagenet21k-ft1k-b0", "efficientnet-v2"),
            ("tensorflow-ic-efficientnet-b5-classification-1", "efficientnet"),
            ("tensorflow-ic-swin-large-patch4-window7-224", "swin"),
            ("pytorch-ic-resnet50", "resnet50"),
            ("tensorflow-ic-bit-s-r50x1-ilsvrc2012-classification-1", "bit"),
            ("short", "short"),
        ] {
            assert_eq!(of_model(id), family, "{id}");
        }
        assert_eq!(of_image("111122223333.dkr.ecr.us-west-2.amazonaws.com/team/resnet:3"), "resnet");
        assert_eq!(of_image("registry:5000/resnet@sha256:abc"), "resnet");
        assert_eq!(of_name("mobilenet-v1-075-160"), "mobilenet-v1");
        assert_eq!(of_name("-"), "-");
    }
}
