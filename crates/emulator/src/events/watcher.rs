//! Detects which states have changed since the last check. Two changes in between are reported as one, which
//! `EventBridge` may do as well.

use std::collections::HashMap;

use serde_json::Value;

use crate::arn::Place;
use crate::clock::Moment;
use crate::events::event;
use crate::jobs::world::World;

/// The last seen state, by ARN.
#[derive(Debug)]
pub struct Watcher {
    seen: HashMap<String, String>,
    /// Whether changes of training jobs are events too.
    training_jobs: bool,
}

impl Watcher {
    /// A watcher that has already seen the current state: jobs from before a restart cause no events.
    pub fn new(world: &World, account: &str, now: Moment, training_jobs: bool) -> Self {
        let mut watcher = Self { seen: HashMap::new(), training_jobs };
        watcher.look(world, account, now);
        watcher
    }

    /// The events of all changes, those of training jobs before those of their tuning job.
    pub fn look(&mut self, world: &World, account: &str, now: Moment) -> Vec<Value> {
        let training_jobs = self.training_jobs;
        let mut events = Vec::new();
        for (region, content) in world.regions() {
            let place = Place { region, account };
            for job in content.jobs.values() {
                let Some(state) = job.state(now) else { continue };
                for (index, trial_state) in state.trials.iter().filter(|_| training_jobs) {
                    let Some(trial) = job.plan.trials.get(*index) else { continue };
                    let phase = trial_state.phases.last().map_or("Starting", |phase| phase.status);
                    let status = format!("{}/{phase}", trial_state.status.as_str());
                    if self.is_news(place.training_job(&trial.name), &status) {
                        events.push(event::training(job, trial, trial_state, &place, now));
                    }
                }
                if self.is_news(place.tuning_job(job.name()), state.status.as_str()) {
                    events.push(event::tuning(job, &state, &place, now));
                }
            }
        }
        events
    }

    fn is_news(&mut self, arn: String, status: &str) -> bool {
        self.seen.insert(arn, status.to_owned()).as_deref() != Some(status)
    }
}
