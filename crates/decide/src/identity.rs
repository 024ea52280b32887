//! The identity of a tuning job, and the tags that prove it.

use super::job_name::job_name;
use api::{ModelSelection, RunStatus};

/// The tag keys that identify the owner of a tuning job.
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
    // The vendor's own key, so that its tools show the model too.
    pub const MODEL_ID: &str = "sagemaker-sdk:jumpstart-model-id";
    pub const MODEL_VERSION: &str = "sagemaker-sdk:jumpstart-model-version";
}

/// The identity of a tuning job. Jobs with equal identities are the same job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The cluster: the operator's `--cluster-name`, otherwise the uid of the namespace `kube-system`.
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
    /// The number of the tuning job for the same definition, starting from 0.
    pub attempt: i32,
}

impl Identity<'_> {
    /// The name of the tuning job.
    pub fn job_name(&self) -> String {
        let Self { scope, namespace, name, candidate, dataset, definition, rerun, attempt } = *self;
        // JSON separates the fields: ("ab", "c") and ("a", "bc") must not have the same hash.
        let identity = serde_json::json!([scope, namespace, name, candidate, dataset, definition, rerun, attempt]);
        job_name(name, candidate, &identity.to_string())
    }

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

    /// The owner of a job of that name, judging by its visible tags.
    pub fn ownership(&self, found: &[(String, String)]) -> Ownership {
        let ours = self.tags();
        let differs = |(key, wanted): &(String, String)| {
            let value = value(found, key).filter(|value| value != wanted)?;
            Some(format!("its tag {key} is '{value}', not '{wanted}'"))
        };
        if let Some(difference) = ours.iter().find_map(differs) {
            return Ownership::Foreign(difference);
        }
        match ours.iter().find(|(key, _)| value(found, key).is_none()) {
            Some((key, _)) => Ownership::Unproven(format!("it has no tag {key}")),
            None => Ownership::Ours,
        }
    }
}

impl<'a> Identity<'a> {
    /// The identity of the tuning job of a run, in the cluster `scope`.
    pub fn of_run(scope: &'a str, selection: &'a ModelSelection, run: &'a RunStatus) -> Self {
        Self {
            scope,
            namespace: selection.metadata.namespace.as_deref().unwrap_or_default(),
            name: selection.metadata.name.as_deref().unwrap_or_default(),
            candidate: &run.candidate,
            dataset: &run.dataset,
            definition: run.definition.as_deref().unwrap_or_default(),
            rerun: &selection.spec.rerun,
            attempt: run.attempt,
        }
    }

    /// Whether the job of that name and with those tags was made for the run, in this cluster or in another: a status
    /// may have come from a backup of the other one. Its result then counts; to stop it is for the other cluster. Which
    /// attempt of the run it is, its tags say: a status may have been forged.
    pub fn made(&self, name: &str, found: &'a [(String, String)]) -> Ownership {
        let scope = value(found, tag::SCOPE).unwrap_or(self.scope);
        let there = Identity { scope, attempt: attempt(found).unwrap_or(self.attempt), ..self.clone() };
        match there.ownership(found) {
            Ownership::Ours if there.job_name() != name => {
                Ownership::Foreign("its name does not follow from its tags".to_owned())
            }
            other => other,
        }
    }
}

/// The attempt that a job was made as, by its tags.
pub fn attempt(tags: &[(String, String)]) -> Option<i32> {
    value(tags, tag::ATTEMPT)?.parse().ok()
}

fn value<'a>(tags: &'a [(String, String)], key: &str) -> Option<&'a str> {
    tags.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
}

/// The owner of a tuning job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// It is ours: all of our tags have the expected values.
    Ours,
    /// One of our tags is not visible. Tags become visible later than the job, so this proves nothing yet; see
    /// [`super::absence`]. The text names the tag.
    Unproven(String),
    /// One of our tags has another value: the job was created for something else. The text names the tag.
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

    #[test]
    fn a_job_of_the_run_has_its_tags_and_its_name_in_any_cluster() {
        let identity = identity("a", "b");
        let elsewhere = Identity { scope: "other", ..identity.clone() };
        let foreign =
            |name: &str, tags: &[(String, String)]| matches!(identity.made(name, tags), Ownership::Foreign(_));
        assert_eq!(identity.made(&identity.job_name(), &identity.tags()), Ownership::Ours);
        assert_eq!(identity.made(&elsewhere.job_name(), &elsewhere.tags()), Ownership::Ours);
        assert!(foreign("ms-a-b-anything", &identity.tags()), "tags are easily copied");
        let again = Identity { attempt: 3, ..identity.clone() };
        assert_eq!(identity.made(&again.job_name(), &again.tags()), Ownership::Ours, "another attempt of the same run");
        assert!(foreign(&identity.job_name(), &again.tags()));
        let other = Identity { candidate: "c", ..identity.clone() };
        assert!(foreign(&other.job_name(), &other.tags()));
        assert!(matches!(identity.made(&identity.job_name(), &[]), Ownership::Unproven(_)));
    }
}
