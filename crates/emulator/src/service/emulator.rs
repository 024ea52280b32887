//! The emulator as one object: takes a raw request, and returns the response.
//!
//! The order is that of the service: signature, then injected faults, rate, form of the request, rules.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::{Clock, Moment};
use crate::error::ApiError;
use crate::hub::catalogue::Hub;
use crate::hub::model::Entry as HubEntry;
use crate::jobs::world::World;
use crate::logs::models::{Row, Table};
use crate::model::{self, ViolationKind};
use crate::operations::call::{Call, Settings};
use crate::operations::view::{Lag, Lags, Now};
use crate::operations::{self, create};
use crate::request::Tag;
use crate::service::calls::{Calls, Entry};
use crate::service::falsify;
use crate::service::faults::{self, Faults, Kind, Order};
use crate::service::objects::Objects;
use crate::service::protocol::{self, Signer};
use crate::service::rates::{Buckets, Rate};

/// Everything that configures the behaviour of an emulator.
#[derive(Debug)]
pub struct Options {
    /// Account, limits, roles, lag.
    pub settings: Settings,
    /// Virtual seconds per real second.
    pub speed: f64,
    /// Table of models.
    pub table: Table,
    /// Rate limits.
    pub rates: Vec<Rate>,
    /// Faults from the start.
    pub faults: Vec<Order>,
    /// Lags from the start.
    pub lags: Vec<Lag>,
    /// Requests kept in the log.
    pub log_size: usize,
}

/// A raw request.
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    /// `X-Amz-Target`.
    pub target: Option<String>,
    /// `Authorization`.
    pub authorization: Option<String>,
    /// Whether there is an `X-Amz-Security-Token`.
    pub security_token: bool,
    /// The body.
    pub body: Vec<u8>,
}

impl Incoming {
    fn operation(&self) -> &str {
        protocol::operation(self.target.as_deref()).unwrap_or("")
    }
}

/// A response.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A JSON response.
    Json {
        /// HTTP status.
        status: u16,
        /// Body.
        body: Value,
    },
    /// Status 200 with this text, which is not JSON.
    Broken(String),
    /// An HTML page with status 503, as from a proxy.
    Proxy,
    /// Nothing: the connection is closed.
    HangUp,
    /// Nothing: the connection stays open.
    Hang,
}

/// The state that survives a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Snapshot {
    now: Option<Moment>,
    world: World,
}

/// A running emulator.
#[derive(Debug)]
pub struct Emulator {
    settings: Settings,
    clock: Clock,
    hub: Mutex<Arc<Hub>>,
    loaded: Arc<Table>,
    table: Mutex<Arc<Table>>,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    lags: Mutex<Lags>,
    buckets: Mutex<Buckets>,
    objects: Mutex<Objects>,
    calls: Mutex<Calls>,
    /// The last response to each operation.
    answered: Mutex<BTreeMap<String, Value>>,
}

impl Emulator {
    /// A new emulator, or one that resumes from a snapshot.
    pub fn new(options: Options, snapshot: Snapshot) -> Self {
        let Options { settings, speed, table, rates, faults, lags, log_size } = options;
        let table = Arc::new(table);
        let mut standing = Faults::default();
        for order in faults {
            standing.add(order);
        }
        let clock = Clock::start(speed, snapshot.now);
        let mut in_force = Lags::default();
        for lag in lags {
            in_force.add(lag, now(&clock));
        }
        Self {
            settings,
            clock,
            hub: Mutex::new(Arc::new(Hub::new(&table))),
            loaded: Arc::clone(&table),
            table: Mutex::new(table),
            world: Mutex::new(snapshot.world),
            faults: Mutex::new(standing),
            lags: Mutex::new(in_force),
            buckets: Mutex::new(Buckets::new(rates)),
            objects: Mutex::new(Objects::default()),
            calls: Mutex::new(Calls::new(log_size)),
            answered: Mutex::default(),
        }
    }

    /// The state to resume from later.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { now: Some(self.clock.now()), world: self.world.lock().clone() }
    }

    /// The clock.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The current hub.
    pub fn hub(&self) -> Arc<Hub> {
        Arc::clone(&self.hub.lock())
    }

    /// Adds a version of a model to the hub, or replaces it.
    pub fn set_hub_model(&self, entry: HubEntry) -> Result<(), String> {
        Arc::make_mut(&mut self.hub.lock()).set(entry, self.clock.now().seconds())
    }

    fn now(&self) -> Now {
        now(&self.clock)
    }

    /// Restores the hub of the start.
    pub fn reset_hub(&self) {
        *self.hub.lock() = Arc::new(Hub::new(&self.loaded));
    }

    /// Whether the rate limit of an operation allows another call now.
    pub fn granted(&self, operation: &str) -> bool {
        self.buckets.lock().take(operation, self.clock.real().as_secs_f64())
    }

    /// Settings.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The faults.
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock()
    }

    /// The lags.
    pub fn lags(&self) -> MutexGuard<'_, Lags> {
        self.lags.lock()
    }

    /// Buckets and objects that clients have created.
    pub fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock()
    }

    /// Adds a lag and returns its id.
    pub fn order_lag(&self, lag: Lag) -> u64 {
        let now = self.now();
        self.lags().add(lag, now)
    }

    /// Sets when a role becomes assumable.
    pub fn set_role(&self, role: String, seconds: f64) {
        let from = self.clock.now().plus(seconds);
        self.world().roles.insert(role, from);
    }

    /// Adds a job without any checks.
    pub fn plant(&self, region: &str, request: &Value) -> Result<(), String> {
        let table = Arc::clone(&self.table.lock());
        let now = self.now();
        let view = Lags::default().view("", now);
        let call = Call {
            operation: "",
            request,
            region,
            now: now.moment,
            real: now.real,
            view: &view,
            settings: &self.settings,
        };
        create::plant(self.world().region(region), &table, &call)
    }

    /// Changes the tags of a job without any checks. Returns false if the job does not exist.
    pub fn retag(&self, region: &str, name: &str, set: Vec<Tag>, unset: Vec<String>) -> bool {
        let now = self.clock.now();
        let mut world = self.world();
        let Some(job) = world.region(region).job_mut(name, now) else { return false };
        job.tags.unset(now, unset);
        job.tags.set(now, set);
        true
    }

    /// Counters and log.
    pub fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock()
    }

    /// All jobs.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock()
    }

    /// Adds a row to the table; it applies to jobs created from now on.
    pub fn override_model(&self, row: Row) {
        Arc::make_mut(&mut self.table.lock()).models.push(row);
    }

    /// Restores the table of the start.
    pub fn reset_models(&self) {
        self.table.lock().clone_from(&self.loaded);
    }

    /// How long to wait, in real time, before handling the request.
    pub fn delay(&self, incoming: &Incoming) -> Option<Duration> {
        let body = String::from_utf8_lossy(&incoming.body);
        let order = self.faults().hit(incoming.operation(), &body, true)?;
        Some(Duration::from_millis(order.delay_millis.unwrap_or(1000)))
    }

    /// Handles a request.
    pub fn handle(&self, incoming: &Incoming) -> Reply {
        let text = String::from_utf8_lossy(&incoming.body);
        let request: Result<Value, _> = if text.trim().is_empty() {
            Ok(Value::Object(serde_json::Map::new()))
        } else {
            serde_json::from_str(&text)
        };
        let operation = incoming.operation().to_owned();
        let (reply, error) = match &request {
            Err(problem) => {
                let error = ApiError::serialization(format!("The request body is not JSON: {problem}"));
                (refusal(&error), Some(error.code.to_owned()))
            }
            Ok(body) => self.decide(incoming, &operation, body, &text),
        };
        let request = request.unwrap_or_else(|_| Value::String(text.into_owned()));
        let status = match &reply {
            Reply::Json { status, .. } => *status,
            Reply::Broken(_) => 200,
            Reply::Proxy => 503,
            Reply::HangUp | Reply::Hang => 0,
        };
        tracing::debug!(operation, status, error, "answered");
        self.calls().record(Entry {
            time: self.clock.now().seconds(),
            real_millis: u64::try_from(self.clock.real().as_millis()).unwrap_or(u64::MAX),
            unknown_members: model::unknown_members(&operation, &request),
            operation,
            request,
            status,
            error,
            authorization_present: incoming.authorization.is_some(),
            security_token_present: incoming.security_token,
        });
        reply
    }

    fn decide(&self, incoming: &Incoming, operation: &str, body: &Value, text: &str) -> (Reply, Option<String>) {
        let signer = match Signer::read(incoming.authorization.as_deref()) {
            Ok(signer) => signer,
            Err(error) => return (refusal(&error), Some(error.code.to_owned())),
        };
        if let Err(error) = protocol::operation(incoming.target.as_deref()) {
            return (refusal(&error), Some(error.code.to_owned()));
        }
        let table = Arc::clone(&self.table.lock());
        let hub = self.hub();
        let now = self.now();
        let view = self.lags().view(operation, now);
        let call = Call {
            operation,
            request: body,
            region: &signer.region,
            now: view.now,
            real: now.real,
            view: &view,
            settings: &self.settings,
        };
        let fault = self.faults().hit(operation, text, false).map(|order| order.kind);
        match fault {
            Some(Kind::DropRequest) => return (Reply::HangUp, Some("DropRequest".to_owned())),
            Some(Kind::HangRequest) => return (Reply::Hang, Some("HangRequest".to_owned())),
            Some(Kind::NoEffect) => return (empty(), Some("NoEffect".to_owned())),
            Some(Kind::ReplayedAnswer) => {
                let before = self.answered.lock().get(operation).cloned();
                let reply = before.map_or_else(empty, |body| Reply::Json { status: 200, body });
                return (reply, Some("ReplayedAnswer".to_owned()));
            }
            Some(Kind::ServiceUnavailable) => return (Reply::Proxy, Some("ServiceUnavailable".to_owned())),
            Some(kind) => {
                if let Some(error) = injected(kind, &call) {
                    return (refusal(&error), Some(error.code.to_owned()));
                }
            }
            None => {}
        }
        let answer = self.work(&call, &hub, &table);
        match answer {
            _ if fault == Some(Kind::DropAnswer) => (Reply::HangUp, Some("DropAnswer".to_owned())),
            _ if fault == Some(Kind::HangAnswer) => (Reply::Hang, Some("HangAnswer".to_owned())),
            Ok(_) if fault == Some(Kind::EmptyAnswer) => (empty(), Some("EmptyAnswer".to_owned())),
            Ok(honest) => {
                self.answered.lock().insert(operation.to_owned(), honest.clone());
                let reply = match falsify::answer(fault, call.request, &honest) {
                    Ok(body) => Reply::Json { status: 200, body },
                    Err(text) => Reply::Broken(text),
                };
                (reply, fault.map(|kind| format!("{kind:?}")))
            }
            Err(error) => (refusal(&error), Some(error.code.to_owned())),
        }
    }

    fn work(&self, call: &Call<'_>, hub: &Hub, table: &Table) -> Result<Value, ApiError> {
        if !self.granted(call.operation) {
            return Err(ApiError::throttled());
        }
        let violations = model::validate(call.operation, call.request);
        if let Some(violation) = violations.iter().find(|violation| violation.kind != ViolationKind::Constraint) {
            return Err(match violation.kind {
                ViolationKind::UnknownOperation => ApiError::unknown_operation(violation.to_string()),
                _ => ApiError::serialization(violation.to_string()),
            });
        }
        if !violations.is_empty() {
            return Err(ApiError::validation(model::describe(&violations)));
        }
        let answer = operations::answer(&mut self.world(), hub, table, call)?;
        if call.operation == "CreateHyperParameterTuningJob" {
            self.calls().job_created();
        }
        Ok(answer)
    }
}

fn now(clock: &Clock) -> Now {
    Now { moment: clock.now(), real: clock.real().as_secs_f64(), speed: clock.speed() }
}

fn empty() -> Reply {
    Reply::Json { status: 200, body: Value::Object(serde_json::Map::new()) }
}

fn refusal(error: &ApiError) -> Reply {
    Reply::Json { status: error.status, body: error.body() }
}

/// The error of a fault, with the role, the data and the resource of this request in its message.
fn injected(kind: Kind, call: &Call<'_>) -> Option<ApiError> {
    let several = || call.request.pointer("/TrainingJobDefinitions/0");
    let definition = call.request.get("TrainingJobDefinition").or_else(several);
    let part = |pointer: &str| definition.and_then(|definition| definition.pointer(pointer)?.as_str());
    let resource = match (call.optional("ResourceArn"), call.optional("TrainingJobName")) {
        (Some(arn), _) => arn.to_owned(),
        (None, Some(name)) => call.place().training_job(name),
        (None, None) => call.place().tuning_job(call.optional("HyperParameterTuningJobName").unwrap_or("*")),
    };
    faults::error(
        kind,
        &faults::Subject {
            operation: call.operation,
            resource: &resource,
            account: &call.settings.account,
            region: call.region,
            role: part("/RoleArn").unwrap_or("arn:aws:iam::111122223333:role/x"),
            uri: part("/InputDataConfig/0/DataSource/S3DataSource/S3Uri").unwrap_or("s3://b/p"),
        },
    )
}
