//! Adds the models that a selector has found to the spec, within the limit on runs.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::Problem;
use api::{Candidate, CandidateSelector, JumpStart, ModelSelectionSpec, Reason};

/// Most runs of a selection, as in the schema.
const RUNS_MAX: usize = 512;

/// The models, without those that another candidate already has.
pub fn untaken(spec: &ModelSelectionSpec, model_ids: &[String]) -> Vec<String> {
    let taken = taken(spec);
    model_ids.iter().filter(|id| !taken.contains(*id)).cloned().collect()
}

/// Adds candidates for the models.
pub fn add(spec: &mut ModelSelectionSpec, selector: &CandidateSelector, model_ids: Vec<String>) {
    for model_id in model_ids {
        spec.candidates.push(Candidate {
            name: model_id.clone(),
            jump_start: Some(JumpStart {
                model_id,
                version: None,
                accept_eula: selector.jump_start.accept_eula,
                allow_deprecated: selector.jump_start.include_deprecated,
                allow_vulnerable: selector.jump_start.include_vulnerable,
            }),
            overrides: selector.overrides.clone(),
            ..Candidate::default()
        });
    }
}

/// The names and model ids of the existing candidates.
pub fn taken(spec: &ModelSelectionSpec) -> BTreeSet<String> {
    let model = |candidate: &Candidate| candidate.jump_start.as_ref().map(|model| model.model_id.clone());
    spec.candidates.iter().flat_map(|candidate| [Some(candidate.name.clone()), model(candidate)]).flatten().collect()
}

/// The number of excluded models by cause, as the end of a message.
pub fn left_out(why: &BTreeMap<&str, usize>) -> String {
    let reasons = why.iter().filter(|(_, count)| **count > 0);
    reasons.map(|(why, count)| format!("; excluded because they {why}: {count}")).collect::<Vec<_>>().concat()
}

/// Number of runs of the existing candidates.
fn runs(spec: &ModelSelectionSpec) -> usize {
    let of = |candidate: &Candidate| match candidate {
        // Observed candidates have no runs.
        Candidate { observed: Some(_), .. } => 0,
        Candidate { dataset: Some(_), .. } => 1,
        _ => spec.datasets.len(),
    };
    spec.candidates.iter().map(of).sum()
}

/// How many more models fit into the limit on runs.
pub fn room(spec: &ModelSelectionSpec) -> usize {
    RUNS_MAX.saturating_sub(runs(spec)) / spec.datasets.len().max(1)
}

/// Checks that this many more models fit into the limit on runs.
pub fn within_bound(spec: &ModelSelectionSpec, models: usize, found: &str) -> Result<(), Problem> {
    if models <= room(spec) {
        return Ok(());
    }
    let datasets = spec.datasets.len();
    let runs = runs(spec) + models * datasets;
    let message = format!(
        "it finds {models} models, which makes {runs} runs with {datasets} datasets and the other candidates; there may \
         be {RUNS_MAX}. {found}. Narrow it, or set `limit`"
    );
    Err(Problem::new(Reason::TooManyRuns, message))
}

/// The problem for matching models that are too many to read their descriptions. How many runs they make is unknown:
/// with a `limit`, enough of them may be trainable.
pub fn too_many_to_read(spec: &ModelSelectionSpec, models: usize, found: &str) -> Problem {
    let (room, datasets) = (room(spec), spec.datasets.len());
    let remedy = match room {
        0 => "Remove candidates or datasets".to_owned(),
        room => format!("Set `limit: {room}`, which takes the first that can be trained, or narrow it"),
    };
    let message = format!(
        "it matches {models} models; it is not known yet which of them can be trained; there may be {RUNS_MAX} runs, \
         which leaves room for {room} models with {datasets} datasets and the other candidates. {found}. {remedy}"
    );
    Problem::new(Reason::TooManyRuns, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(datasets: usize, candidates: usize) -> ModelSelectionSpec {
        let name = |n| json!({"name": format!("n{n}"), "channels": []});
        ModelSelectionSpec {
            datasets: (0..datasets).map(|n| serde_json::from_value(name(n)).unwrap()).collect(),
            candidates: (0..candidates).map(|n| serde_json::from_value(name(n)).unwrap()).collect(),
            ..samples::spec()
        }
    }

    #[test]
    fn there_is_room_up_to_the_limit() {
        for (datasets, candidates, expected) in [(1, 0, 512), (1, 12, 500), (3, 0, 170), (32, 16, 0), (2, 255, 1)] {
            let spec = spec(datasets, candidates);
            assert_eq!(room(&spec), expected, "{datasets} datasets, {candidates} candidates");
            assert!(within_bound(&spec, expected, "").is_ok() && within_bound(&spec, expected + 1, "").is_err());
        }
        let mut of_one = spec(2, 1);
        of_one.candidates[0].dataset = Some("only".to_owned());
        assert_eq!(room(&of_one), 255);
    }

    #[test]
    fn the_message_claims_only_known_facts() {
        let Problem { reason, message } = too_many_to_read(&spec(2, 6), 600, "JumpStart lists 1000 models");
        assert_eq!(reason, Reason::TooManyRuns);
        assert!(
            message.contains("it matches 600 models; it is not known yet which of them can be trained"),
            "{message}"
        );
        assert!(message.contains("`limit: 250`") && !message.contains("1212"), "{message}");
        let full = too_many_to_read(&spec(32, 16), 1, "").message;
        assert!(full.contains("room for 0 models") && !full.contains("limit"), "{full}");
    }
}
