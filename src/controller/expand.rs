//! Evaluates selectors. The status keeps the result until the selector is edited.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use jiff::Timestamp;
use tokio::time::Instant;

use super::pass::Pass;
use super::requests::{PER_PASS, unresolved};
use api::{CandidateSelector, Expansion, JumpStartSelector, ModelSelectionSpec, ModelSelectionStatus, Reason, clip};
use catalog::{CatalogError, DEPRECATED, Matching, matching, unusable, withdrawn};
use decide::expansion::{add, left_out, room, taken, too_many_to_read, untaken, within_bound};
use decide::fingerprint::fingerprint;
use decide::problem::Problem;
use decide::retry::Task;
use platform::clock;
use sagemaker::{Class, ListedModel, TuningError};

/// Longest message of an expansion, in characters, as in the schema.
const MESSAGE_MAX: usize = 1024;

/// The result of the selectors.
pub(super) struct Expanded {
    /// The spec plus the candidates that the selectors have found.
    pub(super) spec: ModelSelectionSpec,
    /// What each selector has found; its earlier result while the new one is unknown.
    pub(super) expansions: Vec<Expansion>,
    /// Why a selector has no result yet, if one has none.
    pub(super) problem: Option<Problem>,
    /// Candidates whose selector has no new result yet: their runs stay as they are until then.
    pub(super) undecided: BTreeSet<String>,
}

/// Finds the models of all selectors, and adds them to the candidates of the spec. Waits for the catalogue until
/// `until`.
pub(super) async fn expand(pass: &Pass<'_>, before: &ModelSelectionStatus, until: Instant) -> Expanded {
    let mut spec = pass.selection.spec.clone();
    let (mut expansions, mut problem, mut undecided) = (Vec::new(), None, BTreeSet::new());
    for (index, selector) in std::mem::take(&mut spec.candidate_selectors).iter().enumerate() {
        let key = fingerprint(&(selector, &spec.rerun, pass.region.name()));
        let found = match before.expansions.iter().find(|expansion| expansion.selector == key) {
            Some(expansion) => Ok(expansion.clone()),
            None => {
                // After an edit of a selector or of `rerun`, the user expects the present models, so an older cached
                // listing is not good enough.
                let edited = || pass.ctx.retries.generation_seen_at(&pass.uid).unwrap_or_else(clock::steady);
                let not_before = if before.expansions.is_empty() { Timestamp::MIN } else { edited() };
                find(pass, &spec, selector, &key, not_before, until).await
            }
        };
        match found {
            Ok(expansion) => {
                // The earlier result may be too large by now, if datasets and candidates were added since.
                let new = untaken(&spec, &expansion.model_ids);
                match within_bound(&spec, new.len(), expansion.message.as_deref().unwrap_or_default()) {
                    Ok(()) => add(&mut spec, selector, new),
                    Err(of_this) => drop(problem.get_or_insert(named(index, &of_this))),
                }
                expansions.push(expansion);
            }
            Err(of_this) => drop(problem.get_or_insert(named(index, &of_this))),
        }
    }
    if problem.is_some() {
        undecided = before.expansions.iter().flat_map(|expansion| expansion.model_ids.iter().cloned()).collect();
        // In the status, so that it is known after a restart as well.
        let shown: BTreeSet<&String> = expansions.iter().flat_map(|expansion| &expansion.model_ids).collect();
        let has_run = |id: &String| before.runs.iter().any(|run| run.candidate == *id);
        let old = undecided.iter().filter(|id| !shown.contains(id) && has_run(id));
        let model_ids: Vec<String> = old.cloned().collect();
        if !model_ids.is_empty() {
            expansions.push(Expansion { model_ids, ..Expansion::default() });
        }
    }
    Expanded { spec, expansions, problem, undecided }
}

/// A problem of the selector with that index.
fn named(index: usize, problem: &Problem) -> Problem {
    Problem::new(problem.reason, format!("`candidateSelectors[{index}]`: {}", problem.message))
}

/// Finds the models of one selector, or returns why it cannot (yet). Each pass asks again until there is a result. The
/// catalogue caches descriptions, so only unknown ones cost calls.
async fn find(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    selector: &CandidateSelector,
    key: &str,
    not_before: Timestamp,
    until: Instant,
) -> Result<Expansion, Problem> {
    let task = Task::ExpandSelector(key.to_owned());
    match models(pass, spec, selector, not_before, until).await {
        Ok((model_ids, message)) => {
            pass.succeeded(&task);
            // Not called `message`, because a field of that name would replace the text of the log.
            tracing::info!(models = model_ids.len(), found = message, "a selector was expanded");
            Ok(Expansion { selector: key.to_owned(), model_ids, message: Some(clip(&message, MESSAGE_MAX)) })
        }
        Err(error) => Err(unresolved(pass, task, error)),
    }
}

async fn models(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    selector: &CandidateSelector,
    not_before: Timestamp,
    until: Instant,
) -> Result<(Vec<String>, String), CatalogError> {
    let listing = pass.ctx.catalog.listing(&pass.region, not_before, until).await?;
    let Matching { models, mut summary } = matching(&selector.jump_start, &listing);
    // They are found all the same: an edit may remove the candidate that names them.
    let taken = taken(spec);
    let untaken: Vec<ListedModel> =
        models.iter().filter(|of| !taken.contains(&of.model_id)).copied().cloned().collect();
    let elsewhere = models.len() - untaken.len();
    if elsewhere > 0 {
        summary += &format!("; named by other candidates: {elsewhere}");
    }
    let clauses = &selector.jump_start;
    let limit = clauses.limit.and_then(|limit| usize::try_from(limit).ok());
    let models: Vec<ListedModel> = models.into_iter().cloned().collect();
    // Do not read a thousand descriptions only to report that there are too many.
    if limit.is_none() && untaken.len() > room(spec) {
        let deprecated = deprecated(pass, clauses, &untaken, until).await?;
        let left = untaken.len() - deprecated;
        if left > room(spec) {
            let left_out = left_out(&BTreeMap::from([(DEPRECATED, deprecated)]));
            return Err(CatalogError::Problem(too_many_to_read(spec, left, &format!("{summary}{left_out}"))));
        }
    }
    let (mut found, mut out) = (Vec::new(), BTreeMap::new());
    let (mut described, mut refused, mut new) = (0, None, 0);
    let mut judged = judged(pass, clauses, models, until);
    while let Some((model_id, judged)) = judged.next().await {
        match judged {
            Ok(None) => {
                new += usize::from(!taken.contains(&model_id));
                found.push(model_id);
            }
            Ok(Some(why)) => *out.entry(why).or_default() += 1,
            // SageMaker may refuse one model and describe the others. If it refuses all, that is reported below.
            Err(CatalogError::Fault(fault)) if of_one(&fault) => {
                *out.entry("cannot be described, which SageMaker refuses").or_default() += 1;
                refused.get_or_insert(fault);
                continue;
            }
            Err(CatalogError::Fault(fault)) => return Err(CatalogError::Fault(of_model(fault, &model_id))),
            Err(error) => return Err(error),
        }
        described += 1;
        if Some(new) == limit {
            summary += &format!("; `limit`: {new}");
            break;
        }
    }
    if let (0, Some(fault)) = (described, refused) {
        return Err(CatalogError::Fault(fault));
    }
    summary += &left_out(&out);
    within_bound(spec, new, &summary).map_err(CatalogError::Problem)?;
    if found.is_empty() && elsewhere == 0 {
        let message = format!("no model is found. {summary}. Relax or remove the clause that excludes all models");
        return Err(CatalogError::Problem(Problem::new(Reason::NoModelFound, message)));
    }
    Ok((found, summary))
}

/// Whether a fault can affect one model while others are described.
fn of_one(fault: &TuningError) -> bool {
    matches!(fault.class, Class::Denied | Class::Invalid)
}

/// The fault with the name of the model. If only this model is affected, the message says how to go on without it.
fn of_model(fault: TuningError, model_id: &str) -> TuningError {
    if fault.class != Class::Transient {
        return fault;
    }
    let message = fault.message.trim_end_matches('.');
    let message = format!("{message} (of model '{model_id}'; to go on without it, add it to `exclude`)");
    TuningError { message, ..fault }
}

/// For each model, in order: why it is left out, if it is. Conditions on fields of the listing need no description.
fn judged<'a>(
    pass: &'a Pass<'_>,
    clauses: &'a JumpStartSelector,
    models: Vec<ListedModel>,
    until: Instant,
) -> BoxStream<'a, (String, Result<Option<&'static str>, CatalogError>)> {
    let judge = move |ListedModel { model_id, version, deprecated }: ListedModel| async move {
        let why = match withdrawn(clauses, deprecated) {
            Some(why) => Ok(Some(why)),
            None => match pass.ctx.catalog.model(&pass.region, &model_id, &version, Timestamp::MIN, until).await {
                Ok(model) => Ok(unusable(clauses, &model)),
                Err(CatalogError::Problem(_)) => Ok(Some("have no description that can be read")),
                Err(error) => Err(error),
            },
        };
        (model_id, why)
    };
    // Requested ahead, so that the next pass finds them in the cache; the rate limiter spaces the calls.
    stream::iter(models).map(judge).buffered(PER_PASS).boxed()
}

/// How many of the models are left out as deprecated. Where the listing does not show deprecation, each description is
/// read, so that both sources count against the limit in the same way.
async fn deprecated(
    pass: &Pass<'_>,
    clauses: &JumpStartSelector,
    models: &[ListedModel],
    until: Instant,
) -> Result<usize, CatalogError> {
    if clauses.include_deprecated || models.iter().all(|listed| listed.deprecated.is_some()) {
        return Ok(models.iter().filter(|listed| withdrawn(clauses, listed.deprecated).is_some()).count());
    }
    let (mut count, mut judged) = (0, judged(pass, clauses, models.to_vec(), until));
    while let Some((_, judged)) = judged.next().await {
        count += match judged {
            Ok(why) => usize::from(why == Some(DEPRECATED)),
            Err(CatalogError::Fault(fault)) if of_one(&fault) => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(count)
}
