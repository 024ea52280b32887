//! One request with its inputs.

use serde_json::Value;

use crate::arn::Place;
use crate::clock::Moment;
use crate::jobs::job::Job;
use crate::operations::quotas::Quotas;
use crate::operations::view::View;
use crate::request::Tag;

/// Settings that do not change while the emulator runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Account of every ARN.
    pub account: String,
    /// Limits.
    pub quotas: Quotas,
    /// Roles that the service may not assume.
    pub unassumable_roles: Vec<String>,
    /// Virtual seconds from the first use of a role until the service may assume it.
    pub role_delay: f64,
    /// A tuning job that reaches its `MaxRuntimeInSeconds` ends `Stopped`, not `Completed`.
    pub stopped_at_limit: bool,
}

/// A valid request and all its inputs.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The operation.
    pub operation: &'a str,
    /// The body, which keeps to the service model.
    pub request: &'a Value,
    /// Region of the signer.
    pub region: &'a str,
    /// Virtual time; in the past for a request with a stale view.
    pub now: Moment,
    /// Real seconds since the start.
    pub real: f64,
    /// The view of the request.
    pub view: &'a View,
    /// Settings.
    pub settings: &'a Settings,
}

impl<'a> Call<'a> {
    /// A text member of the request.
    pub fn text(&self, member: &str) -> &'a str {
        self.optional(member).unwrap_or_default()
    }

    /// A text member that may be absent.
    pub fn optional(&self, member: &str) -> Option<&'a str> {
        self.request.get(member).and_then(Value::as_str)
    }

    /// Region and account.
    pub fn place(&self) -> Place<'a> {
        Place { region: self.region, account: &self.settings.account }
    }

    /// Whether a job exists for this request.
    pub fn sees(&self, job: &Job) -> bool {
        self.view.shows(job)
    }

    /// The tags of a job, as this request sees them.
    pub fn tags(&self, job: &Job) -> Vec<Tag> {
        if self.view.shows_tags(job) { job.tags.at(self.now) } else { Vec::new() }
    }
}
