//! SageMaker's rules for environment variables. The schema has them for those of `training`; for those of a candidate,
//! and for all together, they are checked here.

use std::collections::BTreeMap;

use api::{Reason, clip};
use decide::problem::Problem;

/// Most variables of a training job, and the longest name, in characters.
pub(super) const VARIABLES: usize = 48;
const NAME: usize = 512;

/// Whether SageMaker accepts the name of a variable.
pub(super) fn is_name(name: &str) -> bool {
    let may_begin = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.len() <= NAME && name.starts_with(may_begin) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Checks the variables that the spec sets for a run.
pub(super) fn check(variables: &BTreeMap<String, String>) -> Result<(), Problem> {
    if let Some(name) = variables.keys().find(|name| !is_name(name)) {
        let message = format!(
            "the environment variable '{}' must have a name of letters, digits and '_' that does not begin with a digit",
            clip(name, 64)
        );
        return Err(Problem::new(Reason::InvalidSpec, message));
    }
    if variables.len() > VARIABLES {
        let message = format!(
            "`environment` of `training` and the candidate have {} variables together, and SageMaker takes {VARIABLES}; \
             remove some",
            variables.len()
        );
        return Err(Problem::new(Reason::InvalidSpec, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_number_of_variables_are_checked() {
        let of = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), String::new())).collect();
        for (names, expected) in
            [(&["A", "_b1"][..], None), (&["MY-VAR"], Some("'MY-VAR'")), (&["1A"], Some("'1A'")), (&[""], Some("''"))]
        {
            let found = check(&of(names)).err().map(|problem| problem.message);
            assert_eq!(found.is_some(), expected.is_some(), "{names:?}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()));
        }
        let many = |count: usize| (0..count).map(|n| (format!("V{n}"), String::new())).collect();
        assert!(check(&many(48)).is_ok());
        assert!(check(&many(49)).unwrap_err().message.contains("have 49 variables"));
    }
}
