//! What a tuning job is for, and the tags that prove it. [`super::job_name`] makes its name.

/// The tag keys that say whose a tuning job is.
pub mod tag {
    #![allow(missing_docs)]
    pub const MANAGED_BY: &str = "modelselection.dev/managed-by";
    pub const SCOPE: &str = "modelselection.dev/scope";
    pub const NAMESPACE: &str = "modelselection.dev/namespace";
    pub const NAME: &str = "modelselection.dev/name";
    pub const CANDIDATE: &str = "modelselection.dev/candidate";
    pub const DATASET: &str = "modelselection.dev/dataset";
    pub const DEFINITION: &str = "modelselection.dev/definition";
    pub const ATTEMPT: &str = "modelselection.dev/attempt";
    // The vendor's own, so that its tools know the model too.
    pub const MODEL_ID: &str = "sagemaker-sdk:jumpstart-model-id";
    pub const MODEL_VERSION: &str = "sagemaker-sdk:jumpstart-model-version";
}

/// What a tuning job is for. Two jobs with equal identities are the same job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The cluster: the operator's `--cluster-name`, else the uid of the namespace `kube-system`.
    pub scope: &'a str,
    /// The namespace of the selection.
    pub namespace: &'a str,
    /// The name of the selection.
    pub name: &'a str,
    /// The candidate.
    pub candidate: &'a str,
    /// The dataset.
    pub dataset: &'a str,
    /// The fingerprint of the definition.
    pub definition: &'a str,
    /// `spec.rerun`.
    pub rerun: &'a str,
    /// The number of the tuning job made for the same definition, from 0.
    pub attempt: i32,
}

impl Identity<'_> {
    /// The tags that prove that a job of that name is ours.
    pub fn tags(&self) -> Vec<(String, String)> {
        [
            (tag::MANAGED_BY, "modelselection-operator"),
            (tag::SCOPE, self.scope),
            (tag::NAMESPACE, self.namespace),
            (tag::NAME, self.name),
            (tag::CANDIDATE, self.candidate),
            (tag::DATASET, self.dataset),
            (tag::DEFINITION, self.definition),
            (tag::ATTEMPT, &self.attempt.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// Whose a job of that name is, by the tags that show.
    pub fn ownership(&self, found: &[(String, String)]) -> Ownership {
        let value = |key: &str| found.iter().find(|(k, _)| k == key).map(|(_, value)| value);
        let ours = self.tags();
        let differs = |(key, wanted): &(String, String)| {
            let value = value(key).filter(|value| *value != wanted)?;
            Some(format!("its tag {key} is '{value}', not '{wanted}'"))
        };
        if let Some(difference) = ours.iter().find_map(differs) {
            return Ownership::Foreign(difference);
        }
        match ours.iter().find(|(key, _)| value(key).is_none()) {
            Some((key, _)) => Ownership::Unproven(format!("it has no tag {key}")),
            None => Ownership::Ours,
        }
    }
}

/// Whose a tuning job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// Ours: it carries all of our tags, as they should be.
    Ours,
    /// A tag of ours does not show. Tags show later than the job that they were made with, so this is no proof yet; see
    /// [`super::absence`]. The text says which tag.
    Unproven(String),
    /// A tag of ours has another value: it was made for something else. The text says which tag.
    Foreign(String),
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn identity<'a>(name: &'a str, candidate: &'a str) -> Identity<'a> {
        Identity {
            scope: "prod",
            namespace: "vision",
            name,
            candidate,
            dataset: "caltech256",
            definition: "5f2c",
            rerun: "",
            attempt: 0,
        }
    }

    #[test]
    fn a_job_with_other_tags_is_foreign() {
        let identity = identity("a", "b");
        let mut tags = identity.tags();
        tags.push(("team".into(), "vision".into()));
        assert_eq!(identity.ownership(&tags), Ownership::Ours);
        tags.retain(|(key, _)| key != tag::DATASET);
        let unproven = Ownership::Unproven("it has no tag modelselection.dev/dataset".into());
        assert_eq!(identity.ownership(&tags), unproven);
        tags.push((tag::DATASET.into(), "other".into()));
        let foreign = Ownership::Foreign("its tag modelselection.dev/dataset is 'other', not 'caltech256'".into());
        assert_eq!(identity.ownership(&tags), foreign);
    }
}
