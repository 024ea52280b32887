//! One request, and what it depends on.

use serde_json::Value;

use crate::arn::Place;
use crate::clock::Moment;
use crate::jobs::job::Job;
use crate::operations::quotas::Quotas;

/// What does not change while the emulator runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Account of every ARN.
    pub account: String,
    /// Limits.
    pub quotas: Quotas,
    /// Roles that the service may not assume.
    pub unassumable_roles: Vec<String>,
    /// Real seconds until List and Search show a new job.
    pub list_lag: f64,
    /// Virtual seconds that the index behind Search is old.
    pub search_lag: f64,
}

/// A valid request and everything it depends on.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The operation.
    pub operation: &'a str,
    /// The body, which keeps to the service model.
    pub request: &'a Value,
    /// Region of the signer.
    pub region: &'a str,
    /// Virtual time.
    pub now: Moment,
    /// Real seconds since the start.
    pub real: f64,
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

    /// Whether lists show a job yet.
    pub fn listed(&self, job: &Job) -> bool {
        job.created_real.is_none_or(|created| self.real - created >= self.settings.list_lag)
    }
}
