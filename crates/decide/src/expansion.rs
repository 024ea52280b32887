//! What the models that a selector has found make of the spec, and how many there may be.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::Problem;
use api::{Candidate, CandidateSelector, JumpStart, ModelSelectionSpec, Reason};

/// Runs of a selection, as in the schema.
const RUNS_MAX: usize = 512;

/// The models but for those that another candidate names already.
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

/// The names and model ids of the candidates that there are.
pub fn taken(spec: &ModelSelectionSpec) -> BTreeSet<String> {
    let model = |candidate: &Candidate| candidate.jump_start.as_ref().map(|model| model.model_id.clone());
    spec.candidates.iter().flat_map(|candidate| [Some(candidate.name.clone()), model(candidate)]).flatten().collect()
}

/// How many models are left out, by why, as the end of a message.
pub fn left_out(why: &BTreeMap<&str, usize>) -> String {
    let reasons = why.iter().filter(|(_, count)| **count > 0);
    reasons.map(|(why, count)| format!("; left out since they {why}: {count}")).collect::<Vec<_>>().concat()
}

/// The runs of the candidates that there are.
fn runs(spec: &ModelSelectionSpec) -> usize {
    let of = |candidate: &Candidate| match candidate {
        // What was measured elsewhere is no run.
        Candidate { observed: Some(_), .. } => 0,
        Candidate { dataset: Some(_), .. } => 1,
        _ => spec.datasets.len(),
    };
    spec.candidates.iter().map(of).sum()
}

/// How many more models may be compared.
pub fn room(spec: &ModelSelectionSpec) -> usize {
    RUNS_MAX.saturating_sub(runs(spec)) / spec.datasets.len().max(1)
}

/// Whether as many more models may be compared.
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

/// What is said of models that match, but that are too many to read what each is. How many runs they make is not known:
/// a `limit` may well find all that can be trained.
pub fn too_many_to_read(spec: &ModelSelectionSpec, models: usize, found: &str) -> Problem {
    let (room, datasets) = (room(spec), spec.datasets.len());
    let remedy = match room {
        0 => "Remove candidates or datasets".to_owned(),
        room => format!("Set `limit: {room}`, which takes the first that can be trained, or narrow it"),
    };
    let message = format!(
        "it matches {models} models, of which it is not known yet which can be trained; there may be {RUNS_MAX} runs, \
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
    fn there_is_room_up_to_the_bound() {
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
    fn what_is_not_known_is_not_claimed() {
        let Problem { reason, message } = too_many_to_read(&spec(2, 6), 600, "JumpStart lists 1000 models");
        assert_eq!(reason, Reason::TooManyRuns);
        assert!(
            message.contains("it matches 600 models, of which it is not known yet which can be trained"),
            "{message}"
        );
        assert!(message.contains("`limit: 250`") && !message.contains("1212"), "{message}");
        let full = too_many_to_read(&spec(32, 16), 1, "").message;
        assert!(full.contains("room for 0 models") && !full.contains("limit"), "{full}");
    }
}
