//! The view that a request has of the jobs: stale replicas, lagging indexes, late tags.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::jobs::job::Job;

/// What is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Jobs do not exist.
    Missing,
    /// Jobs have no tags.
    Untagged,
    /// The whole state is that of `seconds` ago.
    Behind,
}

/// The start of the seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Since {
    /// From the creation of each job.
    #[default]
    Created,
    /// The start of the lag.
    Now,
}

/// The clock of the seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Time {
    /// The emulator's virtual clock.
    #[default]
    Virtual,
    /// Real time.
    Real,
}

/// An injected lag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lag {
    /// An operation, or `*` for all reads: Describe, List and Search.
    pub operation: String,
    /// What is stale.
    pub kind: Kind,
    /// For how long; for [`Kind::Behind`], how far behind.
    pub seconds: f64,
    /// The start of the seconds.
    #[serde(default)]
    pub since: Since,
    /// The clock of the seconds.
    #[serde(default)]
    pub time: Time,
    /// Only jobs with this text in their names.
    #[serde(default)]
    pub name_contains: Option<String>,
    /// Only every N-th request, as if one of N replicas were stale.
    #[serde(default)]
    pub every: Option<u32>,
}

impl FromStr for Lag {
    type Err = String;

    /// `OPERATION:KIND:SECONDS[,since=now][,time=real][,contains=TEXT][,every=N]`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text}: expected OPERATION:KIND:SECONDS[,since=now][,time=real][,contains=TEXT][,every=N], for example \
                 ListTags:Untagged:5"
            )
        };
        let mut parts = text.split(',');
        let head: Vec<&str> = parts.next().unwrap_or_default().split(':').collect();
        let [operation, kind, seconds] = head.as_slice() else { return Err(wrong()) };
        let mut lag = Self {
            operation: (*operation).to_owned(),
            kind: serde_json::from_value((*kind).into()).map_err(|_| wrong())?,
            seconds: seconds.parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0).ok_or_else(wrong)?,
            since: Since::default(),
            time: Time::default(),
            name_contains: None,
            every: None,
        };
        for part in parts {
            let (name, value) = part.split_once('=').ok_or_else(wrong)?;
            match name {
                "since" => lag.since = serde_json::from_value(value.into()).map_err(|_| wrong())?,
                "time" => lag.time = serde_json::from_value(value.into()).map_err(|_| wrong())?,
                "contains" => lag.name_contains = Some(value.to_owned()),
                "every" => lag.every = Some(value.parse().map_err(|_| wrong())?),
                _ => return Err(wrong()),
            }
        }
        Ok(lag)
    }
}

/// The current time, on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The virtual time.
    pub moment: Moment,
    /// Real seconds since the start.
    pub real: f64,
    /// Virtual seconds per real one.
    pub speed: f64,
}

#[derive(Clone, Debug)]
struct Standing {
    id: u64,
    lag: Lag,
    ordered: (Moment, f64),
    asked: u32,
}

/// The active lags.
#[derive(Debug, Default)]
pub struct Lags {
    next: u64,
    standing: Vec<Standing>,
}

impl Lags {
    /// Adds a lag and returns its id.
    pub fn add(&mut self, lag: Lag, now: Now) -> u64 {
        self.next += 1;
        self.standing.push(Standing { id: self.next, lag, ordered: (now.moment, now.real), asked: 0 });
        self.next
    }

    /// Removes all of them.
    pub fn clear(&mut self) {
        self.standing.clear();
    }

    /// All lags with their ids.
    pub fn list(&self) -> impl Iterator<Item = (u64, &Lag)> {
        self.standing.iter().map(|standing| (standing.id, &standing.lag))
    }

    /// The view of a request for an operation.
    pub fn view(&mut self, operation: &str, now: Now) -> View {
        let reads = ["Describe", "List", "Search"].iter().any(|prefix| operation.starts_with(prefix));
        let mut view = View { now: now.moment, real: now.real, in_force: Vec::new() };
        for standing in &mut self.standing {
            let lag = &standing.lag;
            if lag.operation != operation && !(lag.operation == "*" && reads) {
                continue;
            }
            standing.asked += 1;
            if lag.every.is_some_and(|every| !standing.asked.is_multiple_of(every.max(1))) {
                continue;
            }
            if lag.kind == Kind::Behind {
                let seconds = if lag.time == Time::Real { lag.seconds * now.speed } else { lag.seconds };
                view.now = view.now.min(now.moment.plus(-seconds));
            } else {
                view.in_force.push(standing.clone());
            }
        }
        view
    }
}

/// The view of one request.
#[derive(Clone, Debug)]
pub struct View {
    /// The moment whose state it shows.
    pub now: Moment,
    real: f64,
    in_force: Vec<Standing>,
}

impl View {
    /// Whether a job exists for this request.
    pub fn shows(&self, job: &Job) -> bool {
        job.created() <= self.now && !self.lacks(Kind::Missing, job)
    }

    /// Whether the job's tags are visible.
    pub fn shows_tags(&self, job: &Job) -> bool {
        !self.lacks(Kind::Untagged, job)
    }

    fn lacks(&self, kind: Kind, job: &Job) -> bool {
        self.in_force.iter().any(|standing| {
            let lag = &standing.lag;
            let (virtual_since, real_since) = match lag.since {
                Since::Now => (standing.ordered.0, Some(standing.ordered.1)),
                // A job from before a restart does not count as new.
                Since::Created => (job.created(), job.created_real),
            };
            let passed = match lag.time {
                Time::Virtual => Some(self.now.since(virtual_since)),
                Time::Real => real_since.map(|since| self.real - since),
            };
            lag.kind == kind
                && lag.name_contains.as_ref().is_none_or(|text| job.name().contains(text))
                && passed.is_some_and(|passed| passed < lag.seconds)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample;

    #[test]
    fn lags_are_parsed_from_the_command_line() {
        let lag: Lag =
            "DescribeHyperParameterTuningJob:Missing:20,since=now,time=real,contains=a,every=2".parse().unwrap();
        assert_eq!((lag.kind, lag.since, lag.time, lag.every), (Kind::Missing, Since::Now, Time::Real, Some(2)));
        assert_eq!("ListTags:Untagged:5".parse::<Lag>().unwrap().since, Since::Created);
        for wrong in
            ["", "x", "x:Missing", "x:Odd:1", "x:Missing:-1", "x:Missing:1,since=then", "x:Missing:1,colour=red"]
        {
            assert!(wrong.parse::<Lag>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn lags_end_after_their_seconds_on_their_clock() {
        let job = sample::job(&sample::request(), |_| {});
        let at = |seconds: f64, real: f64| Now { moment: job.created().plus(seconds), real, speed: 60.0 };
        let mut lags = Lags::default();
        lags.add("*:Missing:20".parse().unwrap(), at(0.0, 0.0));
        lags.add("ListTags:Untagged:5,since=now,time=real".parse().unwrap(), at(100.0, 10.0));
        lags.add("Search:Behind:30".parse().unwrap(), at(0.0, 0.0));
        for (operation, seconds, real, shown, tagged) in [
            ("DescribeTrainingJob", 19.0, 0.0, false, true),
            ("DescribeTrainingJob", 20.0, 0.0, true, true),
            ("StopTrainingJob", 0.0, 0.0, true, true),
            ("ListTags", 1e6, 14.9, true, false),
            ("ListTags", 101.0, 15.0, true, true),
            ("Search", 49.0, 0.0, false, true),
            ("Search", 50.0, 0.0, true, true),
        ] {
            let view = lags.view(operation, at(seconds, real));
            assert_eq!((view.shows(&job), view.shows_tags(&job)), (shown, tagged), "{operation} at {seconds}");
        }
    }

    #[test]
    fn every_second_request_hits_the_stale_replica() {
        let job = sample::job(&sample::request(), |_| {});
        let now = Now { moment: job.created().plus(100.0), real: 0.0, speed: 0.0 };
        let mut lags = Lags::default();
        lags.add("*:Missing:20,since=now,every=2".parse().unwrap(), now);
        let seen: Vec<bool> = (0..4).map(|_| lags.view("Search", now).shows(&job)).collect();
        assert_eq!(seen, [true, false, true, false]);
    }
}
