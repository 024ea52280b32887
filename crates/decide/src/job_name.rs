//! The names of tuning jobs.
//!
//! SageMaker has no client token: the name of a tuning job is the only key that makes Create idempotent. It is
//! therefore computed from the identity and never random: the same manifest means the same jobs after a crash, after
//! the object was deleted and applied again, and after the cluster was rebuilt.

use sha2::{Digest as _, Sha256};

/// The prefix of all job names of the operator; IAM policies and listings can rely on it.
pub const JOB_NAME_PREFIX: &str = "ms-";
/// SageMaker's limit on the names of tuning jobs, in characters.
pub const JOB_NAME_MAX: usize = 32;
/// 13 characters of 5 bits: the probability that two of a million jobs of an account share a hash is below 1 in 70
/// million.
const HASH_LENGTH: usize = 13;
const SLUG_LENGTH: usize = JOB_NAME_MAX - JOB_NAME_PREFIX.len() - 1 - HASH_LENGTH;

/// The name of a tuning job: a prefix, a readable part, and a hash of the whole identity. Lower case only, because
/// SageMaker's names are not case-sensitive.
pub(super) fn job_name(selection: &str, candidate: &str, identity: &str) -> String {
    let hash = base32(&Sha256::digest(identity), HASH_LENGTH);
    format!("{JOB_NAME_PREFIX}{}-{hash}", slug(selection, candidate))
}

/// The beginning of the names of all jobs of a selection with that name. Names of other selections' jobs may have the
/// same beginning.
pub fn job_name_beginning(selection: &str) -> String {
    format!("{JOB_NAME_PREFIX}{}", cleaned(selection, SLUG_LENGTH / 2).trim_end_matches('-'))
}

/// The readable part: the beginnings of the selection's and of the candidate's name.
fn slug(name: &str, candidate: &str) -> String {
    let name = cleaned(name, SLUG_LENGTH / 2);
    let candidate = cleaned(candidate, SLUG_LENGTH - name.len() - 1);
    format!("{name}-{candidate}").trim_matches('-').replace("--", "-")
}

/// The words of a text in lower case, at most `length` characters.
fn cleaned(text: &str, length: usize) -> String {
    let lower: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    lower.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-").chars().take(length).collect()
}

/// Crockford's base32 alphabet in lower case: no letter looks like a digit.
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
    use proptest::prelude::*;

    use super::*;
    use crate::identity::Identity;
    use crate::identity::tests::identity;

    /// A changed name costs money: a release that names jobs differently reruns everything.
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

    proptest! {
        #[test]
        fn every_name_is_valid_for_sagemaker(name in "[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?", candidate in "[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?") {
            let job = identity(&name, &candidate).job_name();
            prop_assert!(job.len() <= JOB_NAME_MAX, "{}", job);
            prop_assert!(job.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            prop_assert!(!job.ends_with('-') && job.starts_with(JOB_NAME_PREFIX));
            prop_assert!(job.starts_with(&job_name_beginning(&name)), "{}", job);
        }
    }
}
