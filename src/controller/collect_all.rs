//! All training jobs of ended runs, for `collect: All`: read from SageMaker, stored in `ConfigMap`s, and used for the
//! fronts.

use std::collections::HashMap;

use super::api_server::ApiServerError;
use super::gathering::{Budget, Gathering, gather};
use super::pass::Pass;
use super::table_config_maps;
use api::{Collect, ModelSelectionSpec, ModelSelectionStatus, Reason, RunStatus, Trials};
use decide::collect_all::{wanted, with_inputs};
use decide::front::{self, References, Tables};
use decide::problem::Problem;
use decide::retry::{Outcome, Task};
use decide::run::{RunEvent, apply};
use platform::clock;
use sagemaker::{Class, TuningError};

/// Why a table cannot be collected.
enum Fault {
    /// A transient fault.
    Passing(String),
    /// The user must act.
    Lasting(Reason, String),
}

/// The tables that the fronts of `runs` need. `None` if the fronts in the status are still current: then nothing is
/// read. Collects training jobs within the limits of a pass; a run whose table is not available contributes its best
/// training job.
pub(super) async fn tables_for_fronts(
    pass: &Pass<'_>,
    spec: &ModelSelectionSpec,
    runs: &mut [RunStatus],
) -> Option<Tables> {
    let last = pass.ctx.stores.newest(&pass.selection).status.clone().unwrap_or_default();
    // A ConfigMap may have changed.
    let referring = !References::wanted(spec).is_empty();
    if spec.collect == Collect::Best {
        // The first pass of a process computes the fronts again: an older release may have had other rules.
        let trusted = !pass.cache().derived.is_new() && !pass.is_unverified();
        return (referring || !(trusted && front::are_current(&last, pass.generation(), runs))).then(Tables::new);
    }
    if pass.is_unverified() || last.observed_generation != pass.generation() {
        runs.iter_mut().filter(|run| wanted(spec, run) && lost(run)).for_each(|run| try_again(pass, run));
    }
    let mut budget = Budget::of_pass();
    collect(pass, spec, runs, &mut budget).await;
    if !pass.is_unverified() && !referring && front::are_current(&last, pass.generation(), runs) {
        return None;
    }
    read(pass, runs).await;
    // Collects again the tables that were gone.
    collect(pass, spec, runs, &mut budget).await;
    read(pass, runs).await;
    let tables = table_config_maps::in_memory(pass);
    for run in runs {
        if let Some(table) = run.tuning_job_name.as_ref().and_then(|job| tables.get(job)) {
            with_inputs(run, table);
        }
    }
    Some(tables)
}

/// Whether another pass could make progress right away.
pub(super) fn more_to_do(pass: &Pass<'_>, spec: &ModelSelectionSpec, status: &ModelSelectionStatus) -> bool {
    let task = |run: &RunStatus| Task::GatherTable(run.tuning_job_name.clone().unwrap_or_default());
    status.runs.iter().any(|run| to_collect(spec, run) && pass.may_try(&task(run)))
}

/// Whether the training jobs of a run are wanted and can still be collected.
pub(super) fn to_collect(spec: &ModelSelectionSpec, run: &RunStatus) -> bool {
    wanted(spec, run) && !lost(run)
}

/// Whether the training jobs of a run that wants them are gone for good. Only an edit makes the operator look again.
fn lost(run: &RunStatus) -> bool {
    run.reason == Some(Reason::TuningJobDeleted)
}

/// Looks once more for the training jobs of a run that counted as lost.
fn try_again(pass: &Pass<'_>, run: &mut RunStatus) {
    let Some(job) = &run.tuning_job_name else { return };
    pass.ctx.tables.put_back(&pass.uid, job, Gathering::of_deleted());
    apply(run, RunEvent::TableRetried);
}

/// Brings the tables of the runs into memory.
async fn read(pass: &Pass<'_>, runs: &mut [RunStatus]) {
    for run in runs {
        let Err(error) = table_config_maps::read(pass, run).await else { continue };
        let Some(job) = run.tuning_job_name.clone() else { continue };
        let fault = refused(&error);
        let passing = matches!(fault, Fault::Passing(_));
        note_fault(pass, run, &job, fault);
        // An API server that does not respond would delay the pass once per run. The next pass tries all of them.
        if passing {
            return;
        }
    }
}

async fn collect(pass: &Pass<'_>, spec: &ModelSelectionSpec, runs: &mut [RunStatus], budget: &mut Budget) {
    // Several candidates may refer to the same job: it has one table.
    let mut kept: HashMap<String, Trials> = HashMap::new();
    for run in runs.iter_mut().filter(|run| to_collect(spec, run)) {
        let Some(job) = run.tuning_job_name.clone() else { continue };
        if let Some(trials) = kept.get(&job) {
            apply(run, RunEvent::TableKept(trials.clone()));
            continue;
        }
        let task = Task::GatherTable(job.clone());
        if !pass.may_try(&task) {
            continue;
        }
        if budget.is_spent() {
            return;
        }
        match keep(pass, run, &job, budget).await {
            Ok(Some(trials)) => {
                pass.succeeded(&task);
                apply(run, RunEvent::TableKept(trials.clone()));
                kept.insert(job, trials);
            }
            Ok(None) => return,
            Err(fault) => note_fault(pass, run, &job, fault),
        }
    }
}

/// Records that the table of a run is not available. The pass continues without it, for now or for good.
fn note_fault(pass: &Pass<'_>, run: &mut RunStatus, job: &str, fault: Fault) {
    let task = Task::GatherTable(job.to_owned());
    match fault {
        Fault::Passing(why) => {
            tracing::info!(job, why, "the training jobs cannot be kept; trying again");
            pass.failed(task, Outcome::Fault(Class::Transient));
            run.trials = None;
        }
        Fault::Lasting(reason, why) => {
            tracing::warn!(job, why, "the training jobs cannot be kept; only the best one is considered");
            apply(run, RunEvent::TableNotKept(&Problem::new(reason, why)));
            if lost(run) {
                // It is not retried, so it has no retry state.
                pass.succeeded(&task);
            } else {
                pass.failed(task, Outcome::Refused);
            }
        }
    }
}

/// The table of the run's training jobs; `None` if the limits of the pass are used up. Results are kept in memory until
/// the table is written.
async fn keep(pass: &Pass<'_>, run: &RunStatus, job: &str, budget: &mut Budget) -> Result<Option<Trials>, Fault> {
    let mut gathering = pass.ctx.tables.take(&pass.uid, job);
    let kept = find_or_make(pass, run, job, &mut gathering, budget).await;
    if !matches!(kept, Ok(Some(_)) | Err(Fault::Lasting(Reason::TuningJobDeleted, _))) {
        pass.ctx.tables.put_back(&pass.uid, job, gathering);
    }
    kept
}

async fn find_or_make(
    pass: &Pass<'_>,
    run: &RunStatus,
    job: &str,
    gathering: &mut Gathering,
    budget: &mut Budget,
) -> Result<Option<Trials>, Fault> {
    // The table may exist, although it could not be read earlier. It may be the only copy of the training jobs.
    let trouble =
        run.reason.is_some() || pass.ctx.retries.failures(&pass.uid, &Task::GatherTable(job.to_owned())).is_some();
    if trouble
        && gathering.is_new()
        && let Some(trials) = table_config_maps::find(pass, job).await.map_err(|error| refused(&error))?
    {
        return Ok(Some(trials));
    }
    let window = pass.ctx.settings.consistency_window;
    match gather(&pass.region, window, run, job, gathering, budget).await {
        Ok(true) => {
            let written = table_config_maps::write(pass, run, job, &gathering.table(run)).await;
            written.map(Some).map_err(|error| refused(&error))
        }
        Ok(false) => Ok(None),
        Err(error) => {
            let is_gone = error.class == Class::NotFound && gathering.note_gone(window, clock::steady());
            // For example, a paging token that is no longer accepted: start again from the first page.
            if matches!(error.class, Class::Invalid | Class::NotFound) {
                gathering.restart();
            }
            Err(unread(&error, is_gone))
        }
    }
}

fn unread(error: &TuningError, is_gone: bool) -> Fault {
    match error.class {
        Class::NotFound if is_gone => {
            let why = "the tuning job or its training jobs no longer exist at SageMaker";
            Fault::Lasting(Reason::TuningJobDeleted, why.to_owned())
        }
        class if class.reason().needs_person() => Fault::Lasting(class.reason(), error.explain()),
        _ => Fault::Passing(error.to_string()),
    }
}

/// Why the API server refuses to store or return a table. It also refuses to change an immutable object, for example
/// one of another owner with the same name.
fn refused(error: &ApiServerError) -> Fault {
    let ApiServerError::Refused(kube::Error::Api(status)) = error else { return Fault::Passing(error.to_string()) };
    let why = format!("the API server refuses the ConfigMap: {}", status.message);
    match status.code {
        403 if status.message.contains("exceeded quota") => Fault::Lasting(Reason::QuotaExceeded, why),
        401 | 403 => Fault::Lasting(Reason::AccessDenied, why),
        400 | 404 | 405 | 413 | 422 => Fault::Lasting(Reason::InvalidRequest, why),
        _ => Fault::Passing(error.to_string()),
    }
}
