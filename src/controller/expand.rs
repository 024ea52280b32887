//! What the selectors find. It is found once: the status pins it until the selector is edited.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use jiff::Timestamp;

use super::attempts::Subject;
use super::pass::Pass;
use super::resolve::PER_PASS;
use api::{
    Candidate, CandidateSelector, Expansion, JumpStart, JumpStartSelector, ModelSelectionSpec, ModelSelectionStatus,
    Reason, clip,
};
use catalog::{CatalogError, DEPRECATED, Matching, matching, unusable, withdrawn};
use decide::definition::fingerprint;
use decide::problem::Problem;
use platform::clock;
use sagemaker::{Class, Listed, TuningError};

/// Runs of a selection, as in the schema.
const RUNS_MAX: usize = 512;
/// Longest message of an expansion, as in the schema.
const MESSAGE_MAX: usize = 1024;

/// What came of the selectors.
#[derive(Default)]
pub(super) struct Expanded {
    /// What each has found; with what it had found before where that is not known yet.
    pub(super) expansions: Vec<Expansion>,
    /// Why a selector has found nothing yet, if one has not.
    pub(super) held: Option<Problem>,
    /// The candidates whose runs stay as they are until that is known.
    pub(super) kept: BTreeSet<String>,
}

/// Finds the models of all selectors, and adds them to the candidates of `spec`.
pub(super) async fn expand(at: &Pass<'_>, spec: &mut ModelSelectionSpec, before: &ModelSelectionStatus) -> Expanded {
    let mut expanded = Expanded::default();
    for (index, selector) in std::mem::take(&mut spec.candidate_selectors).iter().enumerate() {
        let key = fingerprint(&(selector, &spec.rerun, at.region.name()));
        let found = match before.expansions.iter().find(|expansion| expansion.selector == key) {
            Some(expansion) => Ok(expansion.clone()),
            None => {
                // Who edits a selector or `rerun` asks for what there is now, not for what was listed before.
                let edited = || at.ctx.attempts.observed(&at.uid).unwrap_or_else(clock::now);
                let not_before = if before.expansions.is_empty() { Timestamp::MIN } else { edited() };
                find(at, spec, selector, &key, not_before).await
            }
        };
        match found {
            Ok(expansion) => {
                // What is pinned may be too much by now: datasets and candidates were added since.
                let new = untaken(spec, &expansion.model_ids);
                match within_bound(spec, new.len(), expansion.message.as_deref().unwrap_or_default()) {
                    Ok(()) => add(spec, selector, new),
                    Err(problem) => drop(expanded.held.get_or_insert(named(index, problem))),
                }
                expanded.expansions.push(expansion);
            }
            Err(problem) => drop(expanded.held.get_or_insert(named(index, problem))),
        }
    }
    if expanded.held.is_some() {
        expanded.kept = before.expansions.iter().flat_map(|expansion| expansion.model_ids.iter().cloned()).collect();
        // Kept in the status, so that it is known after a restart as well.
        let shown: BTreeSet<&String> = expanded.expansions.iter().flat_map(|expansion| &expansion.model_ids).collect();
        let has_run = |id: &String| before.runs.iter().any(|run| run.candidate == *id);
        let old = expanded.kept.iter().filter(|id| !shown.contains(id) && has_run(id));
        let model_ids: Vec<String> = old.cloned().collect();
        if !model_ids.is_empty() {
            expanded.expansions.push(Expansion { model_ids, ..Expansion::default() });
        }
    }
    expanded
}

/// A problem of the selector with that index.
fn named(index: usize, problem: Problem) -> Problem {
    Problem::new(problem.reason, format!("`candidateSelectors[{index}]`: {}", problem.message))
}

/// The models but for those that another candidate names already.
fn untaken(spec: &ModelSelectionSpec, model_ids: &[String]) -> Vec<String> {
    let taken = taken(spec);
    model_ids.iter().filter(|id| !taken.contains(*id)).cloned().collect()
}

/// Adds candidates for the models.
fn add(spec: &mut ModelSelectionSpec, selector: &CandidateSelector, model_ids: Vec<String>) {
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
            hyperparameters: selector.hyperparameters.clone(),
            parameter_ranges: selector.parameter_ranges.clone(),
            metric_definitions: selector.metric_definitions.clone(),
            ..Candidate::default()
        });
    }
}

/// The names and model ids of the candidates that there are.
fn taken(spec: &ModelSelectionSpec) -> BTreeSet<String> {
    let model = |candidate: &Candidate| candidate.jump_start.as_ref().map(|model| model.model_id.clone());
    spec.candidates.iter().flat_map(|candidate| [Some(candidate.name.clone()), model(candidate)]).flatten().collect()
}

/// Finds the models of one selector, or says why not (yet). Asked anew in every pass until it is found: the catalogue
/// keeps what it knows, so that costs calls only for what it does not know yet.
async fn find(
    at: &Pass<'_>,
    spec: &ModelSelectionSpec,
    selector: &CandidateSelector,
    key: &str,
    not_before: Timestamp,
) -> Result<Expansion, Problem> {
    let subject = Subject::Expand(key.to_owned());
    match models(at, spec, selector, not_before).await {
        Ok((model_ids, message)) => {
            at.succeeded(&subject);
            // A field called `message` would stand in place of the text.
            tracing::info!(models = model_ids.len(), told = message, "a selector was expanded");
            Ok(Expansion { selector: key.to_owned(), model_ids, message: Some(clip(&message, MESSAGE_MAX)) })
        }
        Err(error) => Err(at.trouble(subject, error)),
    }
}

async fn models(
    at: &Pass<'_>,
    spec: &ModelSelectionSpec,
    selector: &CandidateSelector,
    not_before: Timestamp,
) -> Result<(Vec<String>, String), CatalogError> {
    let listing = at.ctx.catalog.listing(&at.region, not_before, at.until).await?;
    let Matching { mut models, summary: mut told } = matching(&selector.jump_start, &listing);
    let taken = taken(spec);
    let all = models.len();
    models.retain(|listed| !taken.contains(&listed.model_id));
    let elsewhere = all - models.len();
    if elsewhere > 0 {
        told += &format!("; named by other candidates: {elsewhere}");
    }
    let clauses = &selector.jump_start;
    let limit = clauses.limit.and_then(|limit| usize::try_from(limit).ok());
    let models: Vec<Listed> = models.into_iter().cloned().collect();
    // Nobody waits for a thousand descriptions to be told that they are too many.
    if limit.is_none() && models.len() > room(spec) {
        let deprecated = deprecated(at, clauses, &models).await?;
        let left = models.len() - deprecated;
        if left > room(spec) {
            let left_out = left_out(&BTreeMap::from([(DEPRECATED, deprecated)]));
            return Err(CatalogError::Problem(too_many_to_read(spec, left, &format!("{told}{left_out}"))));
        }
    }
    let (mut found, mut out) = (Vec::new(), BTreeMap::new());
    let (mut described, mut refused) = (0, None);
    let mut judged = judged(at, clauses, models);
    while let Some((model_id, judged)) = judged.next().await {
        match judged {
            Ok(None) => found.push(model_id),
            Ok(Some(why)) => *out.entry(why).or_default() += 1,
            // Of one model it is that model's affair; it is told below if it is so of all.
            Err(CatalogError::Fault(fault)) if of_one(&fault) => {
                *out.entry("cannot be described, which SageMaker refuses").or_default() += 1;
                refused.get_or_insert(fault);
                continue;
            }
            Err(CatalogError::Fault(fault)) => return Err(CatalogError::Fault(of_model(fault, &model_id))),
            Err(error) => return Err(error),
        }
        described += 1;
        if Some(found.len()) == limit {
            told += &format!("; `limit`: {}", found.len());
            break;
        }
    }
    if let (0, Some(fault)) = (described, refused) {
        return Err(CatalogError::Fault(fault));
    }
    told += &left_out(&out);
    within_bound(spec, found.len(), &told).map_err(CatalogError::Problem)?;
    if found.is_empty() && elsewhere == 0 {
        let message = format!("no model is found. {told}. Widen the clause that leaves none, or remove it");
        return Err(CatalogError::Problem(Problem::new(Reason::NoModelFound, message)));
    }
    Ok((found, told))
}

/// Whether that may be so of one model, while others are described.
fn of_one(fault: &TuningError) -> bool {
    matches!(fault.class, Class::Denied | Class::Invalid)
}

/// The fault with the name of the model. Without that model the selector need not wait, if the fault is of that one only.
fn of_model(fault: TuningError, model_id: &str) -> TuningError {
    if fault.class != Class::Transient {
        return fault;
    }
    let message = fault.message.trim_end_matches('.');
    let message = format!("{message} (of model '{model_id}'; to go on without it, add it to `exclude`)");
    TuningError { message, ..fault }
}

/// Why each of the models is left out, if it is, in their order. What the listing tells costs no description.
fn judged<'a>(
    at: &'a Pass<'_>,
    clauses: &'a JumpStartSelector,
    models: Vec<Listed>,
) -> BoxStream<'a, (String, Result<Option<&'static str>, CatalogError>)> {
    let judge = async move |Listed { model_id, version, deprecated }: Listed| {
        let why = match withdrawn(clauses, deprecated) {
            Some(why) => Ok(Some(why)),
            None => match at.ctx.catalog.model(&at.region, &model_id, &version, at.until).await {
                Ok(model) => Ok(unusable(clauses, &model)),
                Err(CatalogError::Problem(_)) => Ok(Some("have no description that can be read")),
                Err(error) => Err(error),
            },
        };
        (model_id, why)
    };
    // Asked in advance, so that the next pass finds them; the limits of the region space the calls.
    stream::iter(models).map(judge).buffered(PER_PASS).boxed()
}

/// How many of the models are left out as deprecated. Where the listing does not tell, each is read: so there may be as
/// many models whichever the source is.
async fn deprecated(at: &Pass<'_>, clauses: &JumpStartSelector, models: &[Listed]) -> Result<usize, CatalogError> {
    if clauses.include_deprecated || models.iter().all(|listed| listed.deprecated.is_some()) {
        return Ok(models.iter().filter(|listed| withdrawn(clauses, listed.deprecated).is_some()).count());
    }
    let (mut count, mut judged) = (0, judged(at, clauses, models.to_vec()));
    while let Some((_, judged)) = judged.next().await {
        count += match judged {
            Ok(why) => usize::from(why == Some(DEPRECATED)),
            Err(CatalogError::Fault(fault)) if of_one(&fault) => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(count)
}

fn left_out(why: &BTreeMap<&str, usize>) -> String {
    let told = why.iter().filter(|(_, count)| **count > 0);
    told.map(|(why, count)| format!("; left out since they {why}: {count}")).collect::<Vec<_>>().concat()
}

/// The runs of the candidates that there are.
fn runs(spec: &ModelSelectionSpec) -> usize {
    let of = |candidate: &Candidate| if candidate.dataset.is_some() { 1 } else { spec.datasets.len() };
    spec.candidates.iter().map(of).sum()
}

/// How many more models may be compared.
fn room(spec: &ModelSelectionSpec) -> usize {
    RUNS_MAX.saturating_sub(runs(spec)) / spec.datasets.len().max(1)
}

/// Whether as many more models may be compared.
fn within_bound(spec: &ModelSelectionSpec, models: usize, told: &str) -> Result<(), Problem> {
    if models <= room(spec) {
        return Ok(());
    }
    let datasets = spec.datasets.len();
    let runs = runs(spec) + models * datasets;
    let message = format!(
        "it finds {models} models, which makes {runs} runs with {datasets} datasets and the other candidates; there may \
         be {RUNS_MAX}. {told}. Narrow it, or set `limit`"
    );
    Err(Problem::new(Reason::TooManyRuns, message))
}

/// What is said of models that match, but that are too many to read what each is. How many runs they make is not known:
/// a `limit` may well find all that can be trained.
fn too_many_to_read(spec: &ModelSelectionSpec, models: usize, told: &str) -> Problem {
    let (room, datasets) = (room(spec), spec.datasets.len());
    let remedy = match room {
        0 => "Remove candidates or datasets".to_owned(),
        room => format!("Set `limit: {room}`, which takes the first that can be trained, or narrow it"),
    };
    let message = format!(
        "it matches {models} models, of which it is not known yet which can be trained; there may be {RUNS_MAX} runs, \
         which leaves room for {room} models with {datasets} datasets and the other candidates. {told}. {remedy}"
    );
    Problem::new(Reason::TooManyRuns, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(datasets: usize, candidates: usize) -> ModelSelectionSpec {
        let name = |n| json!({"name": format!("n{n}"), "channels": []});
        serde_json::from_value(json!({
            "executionRoleARN": "arn:aws:iam::111122223333:role/SageMakerTraining",
            "objectives": [],
            "datasets": (0..datasets).map(name).collect::<Vec<_>>(),
            "candidates": (0..candidates).map(name).collect::<Vec<_>>(),
            "tuning": {"objective": {"metric": "m", "goal": "Maximize"}, "maxTrainingJobs": 1},
            "training": {"instanceType": "ml.m5.xlarge", "outputS3URI": "s3://bucket/"},
        }))
        .unwrap()
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
