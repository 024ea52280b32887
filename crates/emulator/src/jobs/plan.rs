//! The future of a tuning job without external changes, computed when the job is created.
//!
//! A small discrete simulation: launch as many training jobs as may run, wait for the first one to end, evaluate it,
//! continue. The result is a list of trials with their times; the state of the job at any time follows from it (see
//! `job`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::jobs::progress::Progress;
use crate::jobs::sampling;
use crate::jobs::trial::{DOWNLOADING, Outcome, STARTING, Trial, UPLOADING};
use crate::logs::metrics::{Line, Reader};
use crate::logs::models::Behaviour;
use crate::logs::run::{EVALUATION, Reports, Run, epochs};
use crate::logs::{first_party, results};
use crate::random;
use crate::request::{CreateRequest, Definition, MetricDefinition, Ranges, Strategy};

/// Seconds until the first training jobs are launched: a new job has all counters at 0.
pub const FIRST_LAUNCH: f64 = 10.0;
/// Seconds from the end of a training job to the reaction of the tuner.
pub const REACTION: f64 = 5.0;
/// Training jobs of a tuning job without an explicit number.
const DEFAULT_TRAINING_JOBS: u32 = 750;
/// Consecutive failures without any success after which the service gives up.
const ATTEMPTS: u32 = 5;
/// The service's message when it gives up.
const GAVE_UP: &str =
    "No training job succeeded after 5 attempts. Please take a look at the training job failures to get more details.";

/// The inputs of a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Setup {
    /// The request.
    pub request: CreateRequest,
    /// How the model of each definition behaves, fixed at creation.
    pub behaviours: Vec<Behaviour>,
    /// For each definition: the source of its metrics.
    pub reports: Vec<Reports>,
    /// When the job was created.
    pub created: Moment,
    /// Whether `MaxRuntimeInSeconds` ends the job `Stopped`.
    #[serde(default)]
    pub stopped_at_limit: bool,
    /// `StopTrainingJob` calls, by training job.
    pub stops: BTreeMap<String, Moment>,
}

/// The future of a tuning job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The training jobs, in order of launch.
    pub trials: Vec<Trial>,
    /// When the tuner itself stops everything: a criterion or a limit is reached.
    pub cut: Option<Moment>,
    /// Whether the reason is the time limit.
    #[serde(default)]
    pub out_of_time: bool,
    /// When the tuning job ends.
    pub ended: Moment,
    /// Why it failed.
    pub failure: Option<String>,
}

impl Setup {
    /// The definition with this index.
    pub fn definition(&self, index: usize) -> Option<&Definition> {
        self.request.definitions().nth(index)
    }

    /// The metric definitions of a definition, with those that the service adds: one named `ObjectiveMetric` with the
    /// regex of the objective, and for built-in algorithms the objective itself.
    pub fn metric_definitions(&self, index: usize) -> Vec<MetricDefinition> {
        let Some(definition) = self.definition(index) else { return Vec::new() };
        let reports = self.reports.get(index).unwrap_or(&Reports::Definitions);
        let mut metrics = match reports {
            Reports::FirstParty(repository) => first_party::definitions(repository),
            _ => definition.algorithm_specification.metric_definitions.clone(),
        };
        let Some(objective) = self.request.objective(definition) else { return metrics };
        if !metrics.iter().any(|metric| metric.name == objective.metric_name) && *reports == Reports::Resource {
            let regex =
                format!("#quality_metric: host=\\S+, {} <score>=\\((\\S+)\\)", regex::escape(&objective.metric_name));
            metrics.push(MetricDefinition { name: objective.metric_name.clone(), regex });
        }
        if let Some(found) = metrics.iter().find(|metric| metric.name == objective.metric_name) {
            metrics.push(MetricDefinition { name: "ObjectiveMetric".to_owned(), regex: found.regex.clone() });
        }
        metrics
    }

    /// Static and tuned hyperparameters of a trial, with the one the service adds.
    pub fn hyperparameters(&self, index: usize, tuned: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let Some(definition) = self.definition(index) else { return tuned.clone() };
        let mut all = definition.static_hyper_parameters.clone();
        if let Some(objective) = self.request.objective(definition) {
            all.insert("_tuning_objective_metric".to_owned(), objective.metric_name.clone());
        }
        all.extend(tuned.clone());
        all
    }

    /// The log of a trial that is not stopped.
    pub fn log(&self, index: usize, tuned: &BTreeMap<String, String>) -> Vec<Line> {
        let Some((definition, behaviour)) = self.definition(index).zip(self.behaviours.get(index)) else {
            return Vec::new();
        };
        let objective = self.request.objective(definition).map(|objective| objective.metric_name.as_str());
        results::log(&Run {
            behaviour,
            hyperparameters: &self.hyperparameters(index, tuned),
            has_test: definition.input_data_config.iter().any(|channel| channel.channel_name == "test"),
            reports: self.reports.get(index).unwrap_or(&Reports::Definitions),
            objective,
        })
    }

    /// Most training jobs.
    pub fn max_trials(&self) -> u32 {
        let config = &self.request.hyper_parameter_tuning_job_config;
        config.resource_limits.max_number_of_training_jobs.unwrap_or_else(|| match config.strategy {
            Strategy::Grid => {
                sampling::grid(&self.request).and_then(|size| u32::try_from(size).ok()).unwrap_or(u32::MAX)
            }
            _ => DEFAULT_TRAINING_JOBS,
        })
    }

    /// Whether a larger objective is better.
    pub fn maximizes(&self) -> bool {
        let first = self.request.definitions().next().and_then(|definition| self.request.objective(definition));
        first.is_none_or(crate::request::Objective::maximizes)
    }
}

/// Computes the plan.
pub fn simulate(setup: &Setup) -> Plan {
    let limits = &setup.request.hyper_parameter_tuning_job_config.resource_limits;
    let deadline = limits.max_runtime_in_seconds.map(|seconds| setup.created.plus(f64::from(seconds)));
    let parallel = limits.max_parallel_training_jobs.max(1) as usize;
    let max = setup.max_trials();
    let mut tuner = Tuner::new(setup);
    let mut now = setup.created.plus(FIRST_LAUNCH);
    let mut running: Vec<usize> = Vec::new();
    let mut cut = None;
    let mut out_of_time = false;
    loop {
        while running.len() < parallel && u32::try_from(tuner.trials.len()).is_ok_and(|n| n < max) {
            running.push(tuner.trials.len());
            tuner.launch(now);
        }
        let next = running.iter().copied().filter_map(|i| Some((tuner.trials.get(i)?.end(None).0, i))).min();
        let Some((at, index)) = next else { break };
        if let Some(deadline) = deadline.filter(|deadline| at > *deadline) {
            cut = Some(deadline);
            out_of_time = true;
            break;
        }
        running.retain(|i| *i != index);
        if tuner.settle(index) {
            cut = Some(at);
            break;
        }
        now = at.plus(REACTION);
    }
    let launched = tuner.trials.iter().filter(|trial| cut.is_none_or(|cut| trial.created < cut));
    let last = launched.map(|trial| trial.end(cut).0).chain(cut).max().unwrap_or(setup.created);
    let failure = (tuner.succeeded == 0 && tuner.failed > 0).then(|| GAVE_UP.to_owned());
    let mut trials = tuner.trials;
    trials.retain(|trial| cut.is_none_or(|cut| trial.created < cut));
    Plan { trials, cut, out_of_time, ended: last.plus(REACTION), failure }
}

struct Tuner<'a> {
    setup: &'a Setup,
    readers: Vec<Option<Reader>>,
    trials: Vec<Trial>,
    ended: Vec<f32>,
    progress: Progress,
    failed: u32,
    succeeded: u32,
}

impl<'a> Tuner<'a> {
    fn new(setup: &'a Setup) -> Self {
        let reader = |(index, definition): (usize, &Definition)| {
            let objective = setup.request.objective(definition)?;
            let metrics = setup.metric_definitions(index);
            Reader::new(metrics.iter().find(|metric| metric.name == objective.metric_name)?).ok()
        };
        Self {
            setup,
            readers: setup.request.definitions().enumerate().map(reader).collect(),
            trials: Vec::new(),
            ended: Vec::new(),
            progress: Progress::new(setup.maximizes()),
            failed: 0,
            succeeded: 0,
        }
    }

    fn better(&self, a: f32, b: f32) -> bool {
        if self.setup.maximizes() { a > b } else { a < b }
    }

    fn launch(&mut self, created: Moment) {
        let setup = self.setup;
        let config = &setup.request.hyper_parameter_tuning_job_config;
        let job = &setup.request.hyper_parameter_tuning_job_name;
        let index = self.trials.len();
        let definition = index % setup.behaviours.len().max(1);
        let number = index + 1;
        let seed = format!("{}/{job}/{definition}", config.random_seed.unwrap_or(0));
        let none = Ranges::default();
        let ranges = setup.definition(definition).and_then(|d| setup.request.ranges(d)).unwrap_or(&none);
        let turn = u32::try_from(index / setup.behaviours.len().max(1)).unwrap_or(u32::MAX);
        let tuned = sampling::suggest(config.strategy, ranges, &seed, turn);
        let name = format!("{job}-{number:03}-{}", random::hex(&["trial", &seed, &number.to_string()], 8));
        let stopped = setup.stops.get(&name).copied();
        let fate = self.fate(definition, index, &seed, &tuned);
        let started = created.plus(STARTING);
        let training = started.plus(DOWNLOADING);
        let uploading = training.plus(fate.seconds);
        let uploads = matches!(fate.outcome, Outcome::Completed | Outcome::EarlyStopped);
        let ended = if uploads { uploading.plus(UPLOADING) } else { uploading };
        let objective = stopped.is_none().then_some(fate.objective).flatten();
        let outcome = fate.outcome;
        self.trials.push(Trial {
            name,
            definition,
            tuned,
            created,
            started,
            training,
            uploading,
            ended,
            outcome,
            objective,
            stopped,
        });
    }

    /// How long the container runs, and with which outcome.
    fn fate(&self, definition: usize, index: usize, seed: &str, tuned: &BTreeMap<String, String>) -> Fate {
        let setup = self.setup;
        let Some((behaviour, wanted)) = setup.behaviours.get(definition).zip(setup.definition(definition)) else {
            return Fate { seconds: 0.0, outcome: Outcome::Completed, objective: None };
        };
        let epochs = epochs(&setup.hyperparameters(definition, tuned));
        let learning = behaviour.seconds_per_epoch * f64::from(epochs);
        if behaviour.fail_always || u32::try_from(index).is_ok_and(|index| index < behaviour.fail_first) {
            let seconds = (learning / 2.0).min(120.0);
            return Fate { seconds, outcome: Outcome::Failed(behaviour.failure_reason.clone()), objective: None };
        }
        let log = setup.log(definition, tuned);
        let read = |until| self.readers.get(definition)?.as_ref()?.read(&log, until).map(|metric| metric.value);
        let full = Fate { seconds: learning + EVALUATION, outcome: Outcome::Completed, objective: read(f64::INFINITY) };
        let limit = wanted.stopping_condition.max_runtime_in_seconds.map_or(86_400.0, f64::from) - DOWNLOADING;
        if let Some(epoch) = self.gives_up_at(index, seed, epochs, full.objective) {
            let seconds = behaviour.seconds_per_epoch * f64::from(epoch);
            if seconds + UPLOADING < limit {
                return Fate { seconds, outcome: Outcome::EarlyStopped, objective: read(seconds) };
            }
        }
        if full.seconds + UPLOADING > limit {
            let seconds = limit.max(0.0);
            return Fate { seconds, outcome: Outcome::MaxRuntimeExceeded, objective: read(seconds) };
        }
        full
    }

    /// The epoch after which the tuner stops an unpromising trial.
    fn gives_up_at(&self, index: usize, seed: &str, epochs: u32, objective: Option<f32>) -> Option<u32> {
        let config = &self.setup.request.hyper_parameter_tuning_job_config;
        if config.strategy == Strategy::Hyperband {
            return self.rung(index, seed, epochs);
        }
        if epochs < 2 || index == 0 {
            return None;
        }
        if config.training_job_early_stopping_type.as_deref() != Some("Auto") || self.ended.len() < 3 {
            return None;
        }
        let mut earlier = self.ended.clone();
        earlier.sort_by(f32::total_cmp);
        let median = *earlier.get(earlier.len() / 2)?;
        self.better(median, objective?).then(|| epochs.div_ceil(2))
    }

    /// The epoch after which Hyperband stops a trial: at its `MaxResource` at the latest, and some after a third of
    /// that, but not before its `MinResource`.
    fn rung(&self, index: usize, seed: &str, epochs: u32) -> Option<u32> {
        let settings = self.setup.request.hyper_parameter_tuning_job_config.strategy_config.as_ref();
        let settings = settings.and_then(|config| config.hyperband_strategy_config.as_ref());
        let bound = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        let most = settings.and_then(|settings| bound(settings.max_resource)).unwrap_or(epochs).min(epochs);
        let least = settings.and_then(|settings| bound(settings.min_resource)).unwrap_or(1).min(most);
        let unlucky = index > 0 && random::unit(&["rung", seed, &index.to_string()]) < 1.0 / 3.0;
        let stop = if unlucky { most.div_ceil(3).max(least) } else { most };
        (stop < epochs).then_some(stop)
    }

    /// Records an ended trial; returns true if the tuning job ends because of it.
    fn settle(&mut self, index: usize) -> bool {
        let Some(trial) = self.trials.get(index) else { return false };
        if trial.end(None).1.is_some() {
            return false;
        }
        if matches!(trial.outcome, Outcome::Failed(_)) {
            self.failed += 1;
            return self.succeeded == 0 && self.failed >= ATTEMPTS;
        }
        self.succeeded += 1;
        let Some(value) = trial.objective.filter(|value| value.is_finite()) else { return false };
        self.ended.push(value);
        self.progress.add(value);
        let Some(criteria) = &self.setup.request.hyper_parameter_tuning_job_config.tuning_job_completion_criteria
        else {
            return false;
        };
        let reached = criteria.target_objective_metric_value.is_some_and(|target| !self.better(target, value));
        let patience = criteria
            .best_objective_not_improving
            .as_ref()
            .and_then(|rule| rule.max_number_of_training_jobs_not_improving);
        reached || patience.is_some_and(|patience| self.progress.not_improving >= patience)
    }
}

struct Fate {
    seconds: f64,
    outcome: Outcome,
    objective: Option<f32>,
}
