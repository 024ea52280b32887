//! The types of the properties that `Search` can compare.

use super::{Kind, shape};

/// How a property is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// A text.
    Text,
    /// A text that is compared as a number if it is one.
    Hyperparameter,
    /// A number.
    Number,
    /// A time.
    Time,
    /// True or false.
    Flag,
    /// A structure, a list or a map: it can only exist or not.
    Whole,
}

/// The type of the property at a path (`A.B.C`) of a structure; `None` if the model does not have it. Lists are looked
/// into, and the rest of a path into a map is one key.
pub fn property(root: &str, path: &str) -> Option<Property> {
    let mut name = root;
    let mut rest = Some(path);
    loop {
        let found = shape(name)?;
        match (&found.kind, rest) {
            (Kind::List, Some(_)) => name = &found.member.as_ref()?.shape,
            (Kind::Structure, Some(path)) => {
                let (first, others) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
                name = &found.members.get(first)?.shape;
                rest = others;
            }
            (Kind::Map, Some(_)) => {
                name = &found.value.as_ref()?.shape;
                rest = None;
            }
            (_, Some(_)) => return None,
            (kind, None) => return Some(kind.into()),
        }
    }
}

impl From<&Kind> for Property {
    fn from(kind: &Kind) -> Self {
        match kind {
            Kind::String => Self::Text,
            Kind::Integer | Kind::Long | Kind::Float | Kind::Double => Self::Number,
            Kind::Timestamp => Self::Time,
            Kind::Boolean => Self::Flag,
            Kind::Structure | Kind::List | Kind::Map => Self::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_types() {
        for (root, path, expected) in [
            ("TrainingJob", "TrainingJobName", Some(Property::Text)),
            ("TrainingJob", "CreationTime", Some(Property::Time)),
            ("TrainingJob", "BillableTimeInSeconds", Some(Property::Number)),
            ("TrainingJob", "EnableNetworkIsolation", Some(Property::Flag)),
            ("TrainingJob", "InputDataConfig", Some(Property::Whole)),
            ("TrainingJob", "InputDataConfig.DataSource.S3DataSource.S3Uri", Some(Property::Text)),
            ("TrainingJob", "HyperParameters.a.b", Some(Property::Text)),
            ("TrainingJob", "Colour", None),
            ("TrainingJob", "TrainingJobName.First", None),
            ("TrainingJob", "ResourceConfig.Colour", None),
            ("HyperParameterTuningJobSearchEntity", "TrainingJobStatusCounters.Completed", Some(Property::Number)),
        ] {
            assert_eq!(property(root, path), expected, "{path}");
        }
    }
}
