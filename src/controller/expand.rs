//! What the selectors find. It is found once: the status pins it until the selector is edited.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use futures::stream;
use jiff::Timestamp;

use super::attempts::Subject;
use super::pass::Pass;
use super::resolve::PER_PASS;
use crate::api::{
    Candidate, CandidateSelector, Expansion, JumpStart, ModelSelectionSpec, ModelSelectionStatus, Reason, clip,
};
use crate::catalog::{CatalogError, Listed, Matching, matching, unusable};
use crate::decide::definition::fingerprint;
use crate::runtime::clock;

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
    pub(super) held: Option<(Reason, String)>,
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
                let now = || at.ctx.attempts.since(&at.uid, &Subject::Expand(key.clone())).unwrap_or_else(clock::now);
                let not_before = if before.expansions.is_empty() { Timestamp::MIN } else { now() };
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
fn named(index: usize, (reason, message): (Reason, String)) -> (Reason, String) {
    (reason, format!("`candidateSelectors[{index}]`: {message}"))
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
) -> Result<Expansion, (Reason, String)> {
    let subject = Subject::Expand(key.to_owned());
    match models(at, spec, selector, not_before).await {
        Ok((model_ids, message)) => {
            at.succeeded(&subject);
            tracing::info!(models = model_ids.len(), message, "a selector was expanded");
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
    let Matching { mut models, mut told } = matching(&selector.jump_start, &listing);
    let taken = taken(spec);
    let all = models.len();
    models.retain(|listed| !taken.contains(&listed.model_id));
    let elsewhere = all - models.len();
    if elsewhere > 0 {
        told += &format!("; named by other candidates: {elsewhere}");
    }
    let limit = selector.jump_start.limit.and_then(|limit| usize::try_from(limit).ok());
    // Before a single description is read: nobody waits for a thousand of them to be told that they are too many.
    if limit.is_none() {
        within_bound(spec, models.len(), &told).map_err(CatalogError::Problem)?;
    }
    let mut found = Vec::new();
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    let models: Vec<Listed> = models.into_iter().cloned().collect();
    let mut described = stream::iter(models)
        .map(async |listed| {
            let model = at.ctx.catalog.model(&at.region, &listed.model_id, &listed.version, at.until).await;
            (listed, model)
        })
        // Asked in advance, so that the next pass finds them; the limits of the region space the calls.
        .buffered(PER_PASS);
    while let Some((listed, model)) = described.next().await {
        match model.map(|model| unusable(&selector.jump_start, &model)) {
            Ok(None) => found.push(listed.model_id.clone()),
            Ok(Some(why)) => *left_out.entry(why).or_default() += 1,
            Err(CatalogError::Problem(_)) => *left_out.entry("have no description that can be read").or_default() += 1,
            Err(error) => return Err(error),
        }
        if Some(found.len()) == limit {
            told += &format!("; `limit`: {}", found.len());
            break;
        }
    }
    for (why, count) in left_out {
        told += &format!("; left out since they {why}: {count}");
    }
    within_bound(spec, found.len(), &told).map_err(CatalogError::Problem)?;
    if found.is_empty() && elsewhere == 0 {
        let message = format!("no model is found. {told}. Widen the clause that leaves none, or remove it");
        return Err(CatalogError::Problem((Reason::NoModelFound, message)));
    }
    Ok((found, told))
}

/// Whether as many more models may be compared.
fn within_bound(spec: &ModelSelectionSpec, models: usize, told: &str) -> Result<(), (Reason, String)> {
    let datasets = spec.datasets.len();
    let of = |candidate: &Candidate| if candidate.dataset.is_some() { 1 } else { datasets };
    let runs = spec.candidates.iter().map(of).sum::<usize>() + models * datasets;
    if runs <= RUNS_MAX {
        return Ok(());
    }
    let message = format!(
        "it finds {models} models, which makes {runs} runs with {datasets} datasets and the other candidates; there may \
         be {RUNS_MAX}. {told}. Narrow it, or set `limit`"
    );
    Err((Reason::TooManyRuns, message))
}
