//! Who a tuning job belongs to, and the name that follows from it.
//!
//! SageMaker has no client token: the name of a tuning job is the only key that makes Create safe to repeat. It is
//! therefore worked out, never drawn: the same manifest means the same jobs after a crash, after the object was deleted
//! and applied again, and after the cluster was rebuilt.

use sha2::{Digest as _, Sha256};

/// Every job of the operator begins with this; IAM policies and listings can rely on it.
pub const JOB_NAME_PREFIX: &str = "ms-";
/// SageMaker's limit on names of tuning jobs.
pub const JOB_NAME_MAX: usize = 32;
/// 13 characters of 5 bits: two of a million jobs of an account share a hash with a probability below 1 in 70 million.
const HASH_LENGTH: usize = 13;
const SLUG_LENGTH: usize = JOB_NAME_MAX - JOB_NAME_PREFIX.len() - 1 - HASH_LENGTH;

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
    /// The name of the tuning job: a prefix, some letters for people, a hash of the whole identity. Lower case only,
    /// since SageMaker's names do not differ by case.
    pub fn job_name(&self) -> String {
        let Self { scope, namespace, name, candidate, dataset, definition, rerun, attempt } = *self;
        // JSON keeps the fields apart: ("ab", "c") and ("a", "bc") must not have one hash.
        let key = serde_json::json!([scope, namespace, name, candidate, dataset, definition, rerun, attempt]);
        let hash = base32(&Sha256::digest(key.to_string()), HASH_LENGTH);
        format!("{JOB_NAME_PREFIX}{}-{hash}", slug(name, candidate))
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

impl<'a> Identity<'a> {
    /// Whether the job of that name and with those tags was made for the run, in this cluster or in another: a status may have
    /// come from a backup of the other one. Its result then counts; to stop it is for the other cluster.
    pub fn made(&self, name: &str, found: &'a [(String, String)]) -> Ownership {
        let scope = found.iter().find(|(key, _)| key == tag::SCOPE).map_or(self.scope, |(_, scope)| scope.as_str());
        let there = Identity { scope, ..self.clone() };
        match there.ownership(found) {
            Ownership::Ours if there.job_name() != name => {
                Ownership::Foreign("its name does not follow from its tags".to_owned())
            }
            other => other,
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

/// Letters for people: the beginning of the selection's and of the candidate's name.
fn slug(name: &str, candidate: &str) -> String {
    let clean = |text: &str, length: usize| -> String {
        let lower: String =
            text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
        lower.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-").chars().take(length).collect()
    };
    let name = clean(name, SLUG_LENGTH / 2);
    let candidate = clean(candidate, SLUG_LENGTH - name.len() - 1);
    format!("{name}-{candidate}").trim_matches('-').replace("--", "-")
}

/// Crockford's alphabet in lower case: no letter is taken for a digit.
fn base32(bytes: &[u8], length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..length)
        .map(|i| {
            let bit = i * 5;
            let window = u16::from_be_bytes([bytes[bit / 8], bytes[bit / 8 + 1]]);
            char::from(ALPHABET[usize::from(window >> (11 - bit % 8) & 31)])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn identity<'a>(name: &'a str, candidate: &'a str) -> Identity<'a> {
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

    /// Names are money: a release that names jobs otherwise runs, and pays, everything again.
    #[test]
    fn names_never_change() {
        assert_eq!(identity("caltech256", "mobilenet-v2-100-224").job_name(), "ms-caltech-mobilen-enzzzb4es4ntb");
    }

    #[test]
    fn each_part_of_the_identity_counts() {
        let base = identity("a", "b");
        let names: std::collections::BTreeSet<String> = [
            base.clone(),
            Identity { scope: "x", ..base.clone() },
            Identity { namespace: "x", ..base.clone() },
            Identity { name: "x", ..base.clone() },
            Identity { candidate: "x", ..base.clone() },
            Identity { dataset: "x", ..base.clone() },
            Identity { definition: "x", ..base.clone() },
            Identity { rerun: "x", ..base.clone() },
            Identity { attempt: 1, ..base.clone() },
        ]
        .iter()
        .map(Identity::job_name)
        .collect();
        assert_eq!(names.len(), 9);
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
    fn a_job_that_was_made_for_the_run_has_its_tags_and_its_name_in_whatever_cluster() {
        let identity = identity("a", "b");
        let elsewhere = Identity { scope: "other", ..identity.clone() };
        let foreign =
            |name: &str, tags: &[(String, String)]| matches!(identity.made(name, tags), Ownership::Foreign(_));
        assert_eq!(identity.made(&identity.job_name(), &identity.tags()), Ownership::Ours);
        assert_eq!(identity.made(&elsewhere.job_name(), &elsewhere.tags()), Ownership::Ours);
        assert!(foreign("ms-a-b-anything", &identity.tags()), "tags are easily copied");
        let other = Identity { candidate: "c", ..identity.clone() };
        assert!(foreign(&other.job_name(), &other.tags()));
        assert!(matches!(identity.made(&identity.job_name(), &[]), Ownership::Unproven(_)));
    }

    proptest! {
        #[test]
        fn every_name_is_one_that_sagemaker_takes(name in "[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?", candidate in "[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?") {
            let job = identity(&name, &candidate).job_name();
            prop_assert!(job.len() <= JOB_NAME_MAX, "{}", job);
            prop_assert!(job.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            prop_assert!(!job.ends_with('-') && job.starts_with(JOB_NAME_PREFIX));
        }
    }
}
