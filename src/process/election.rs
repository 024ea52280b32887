//! Leader election: reads and writes the Lease as [`super::lease`] decides.

use std::hash::{BuildHasher as _, RandomState};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client, ResourceExt as _};
use tokio::time::{sleep, timeout};

use super::args::Args;
use super::lease::{
    Held, LEASE_DURATION, RENEW_INTERVAL, REQUEST_TIMEOUT, RETRY_PERIOD, RETRY_RENEWAL, Record, SeenLease, Step, decide,
};
use api::FIELD_MANAGER;
use api::permissions::LeaseName;
use decide::retry::pause::jitter;
use platform::api_server::message;
use platform::clock;
use platform::leadership::Leadership;
use platform::metrics::Metrics;
use platform::readiness::Readiness;

/// The readiness part that the election reports.
pub(super) const PART: &str = "leader election";
/// The annotation with the version of the operator that holds the Lease.
const VERSION_ANNOTATION: &str = "modelselection.dev/operator-version";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Timeout of the release: a Pod that is stopped has little time.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(3);

/// A candidate of the election.
pub(super) struct Election {
    leases: Api<Lease>,
    namespace: String,
    name: String,
    /// Namespace and name of the Lease, for the logs.
    full_name: String,
    me: String,
    leadership: Leadership,
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
    /// The Lease as it was last read or written.
    lease: Option<Lease>,
    seen: Option<SeenLease>,
    held: Option<Held>,
    /// Our copy of the Lease may be out of date.
    outdated: bool,
    /// The last renewal, when it was sent, and its `renewTime`, until it is answered.
    unanswered: Option<(Held, MicroTime)>,
    rounds: u64,
}

impl Election {
    /// A candidate for the Lease that `args` name.
    pub(super) fn new(
        args: &Args,
        client: Client,
        leadership: Leadership,
        metrics: Arc<Metrics>,
        readiness: Arc<Readiness>,
    ) -> Self {
        let LeaseName { namespace, name } = lease(args, &client);
        metrics.set_leading(&name, false);
        Self {
            leases: Api::namespaced(client, &namespace),
            full_name: format!("{namespace}/{name}"),
            namespace,
            name,
            me: identity(),
            leadership,
            metrics,
            readiness,
            lease: None,
            seen: None,
            held: None,
            outdated: true,
            unanswered: None,
            rounds: 0,
        }
    }

    /// The Lease of this election.
    pub(super) fn lease(&self) -> LeaseName {
        LeaseName { namespace: self.namespace.clone(), name: self.name.clone() }
    }

    /// Waits until this process leads.
    pub(super) async fn win(&mut self) {
        tracing::info!(lease = self.full_name, identity = self.me, "waiting for the lease");
        loop {
            match self.round().await {
                Step::Acquire(term) => {
                    self.metrics.set_leading(&self.name, true);
                    self.metrics.set_term(&self.name, term);
                    self.readiness.warn(PART, None);
                    return tracing::info!(lease = self.full_name, identity = self.me, term, "leading");
                }
                Step::Wait(left) => sleep(left.min(jitter(RETRY_PERIOD, &self.me, self.rounds))).await,
                // Only a held Lease can be renewed or lost.
                Step::Renew | Step::Lost(_) => {}
            }
        }
    }

    /// Renews the Lease until `stop` ends, and then releases it.
    ///
    /// # Errors
    /// Why this process is not the leader any more. It must not act then, and exits.
    pub(super) async fn keep(mut self, stop: impl Future<Output = ()>) -> Result<(), String> {
        let mut stop = pin!(stop);
        let mut pause = RENEW_INTERVAL;
        loop {
            let left = self.held.map(Held::until).unwrap_or_default().saturating_sub(clock::uptime());
            let pausing = sleep(left.min(jitter(pause, &self.me, self.rounds)));
            tokio::select! {
                () = &mut stop => break,
                () = pausing => {}
            }
            pause = match self.round().await {
                Step::Acquire(_) | Step::Renew => RENEW_INTERVAL,
                Step::Wait(pause) => pause,
                Step::Lost(why) => {
                    self.end();
                    return Err(why);
                }
            };
        }
        self.end();
        self.give_back().await;
        Ok(())
    }

    fn end(&self) {
        self.leadership.end();
        self.metrics.set_leading(&self.name, false);
    }

    /// Reads the Lease if needed, decides, writes. Returns the step taken; errors are logged, and result in waiting.
    async fn round(&mut self) -> Step {
        self.rounds += 1;
        // The deadline also applies when the API server does not respond.
        if let lost @ Step::Lost(_) = self.decide(clock::uptime()) {
            return lost;
        }
        let retry = if self.held.is_some() { RETRY_RENEWAL } else { RETRY_PERIOD };
        // Not longer than our lease lasts, so that its end is noticed in time.
        let left = self.held.map_or(REQUEST_TIMEOUT, |held| held.until().saturating_sub(clock::uptime()));
        let trouble = match timeout(REQUEST_TIMEOUT.min(left), self.try_round()).await {
            Ok(Ok(step)) => {
                self.readiness.set(PART, Ok(()));
                return step;
            }
            Ok(Err(error)) => message(&error),
            Err(_) => "the API server does not answer".to_owned(),
        };
        self.readiness.set(PART, Err(format!("cannot read or write the lease {}: {trouble}", self.full_name)));
        Step::Wait(retry)
    }

    fn decide(&self, now: Duration) -> Step {
        decide(self.seen.as_ref(), &self.me, self.held, now)
    }

    async fn look(&mut self) -> kube::Result<()> {
        if self.outdated || self.held.is_none() {
            let lease = self.leases.get_opt(&self.name).await?;
            self.see(lease);
            self.outdated = false;
            // It was made although its answer was lost. The Lease may be lost all the same since, which is decided
            // next.
            if let Some((renewed, time)) = self.unanswered.take()
                && self.held.is_some()
                && self.lease.as_ref().and_then(|lease| lease.spec.as_ref()?.renew_time.as_ref()) == Some(&time)
            {
                self.hold(renewed);
            }
        }
        Ok(())
    }

    fn hold(&mut self, held: Held) {
        self.held = Some(held);
        self.leadership.lasts_until(held.until());
    }

    async fn try_round(&mut self) -> kube::Result<Step> {
        self.look().await?;
        let now = clock::uptime();
        let step = self.decide(now);
        let term = match (&step, self.held) {
            (Step::Acquire(term), _) => *term,
            (Step::Renew, Some(held)) => held.term,
            _ => return Ok(step),
        };
        // Until the response arrives, the Lease may or may not have been written.
        self.outdated = true;
        let ours = self.ours(term);
        let held = Held { term, renewed: now };
        self.unanswered = ours.spec.as_ref().and_then(|spec| Some((held, spec.renew_time.clone()?)));
        match self.write(ours).await {
            Ok(lease) => {
                (self.outdated, self.unanswered) = (false, None);
                self.see(Some(lease));
                self.hold(held);
                Ok(step)
            }
            // Another candidate was faster: read again at once.
            Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => {
                Ok(Step::Wait(Duration::ZERO))
            }
            // The Lease was deleted meanwhile, unless it is the namespace that is missing.
            Err(kube::Error::Api(status)) if status.is_not_found() && self.lease.is_some() => {
                Ok(Step::Wait(Duration::ZERO))
            }
            Err(error) => Err(error),
        }
    }

    /// Takes over the Lease as the API server returned it.
    fn see(&mut self, lease: Option<Lease>) {
        let record = lease.as_ref().map(record);
        let holder = record.as_ref().map_or("", |record| &record.holder);
        let before = self.seen.as_ref().map_or("", |seen| &seen.record.holder);
        if self.held.is_none() && holder != before && !["", &self.me].contains(&holder) {
            let version = lease.as_ref().and_then(version).unwrap_or("unknown");
            tracing::info!(lease = self.full_name, holder, version, "standing by");
            let other = (version != VERSION)
                .then(|| format!("{holder} leads with version {version} of the operator, and this is {VERSION}"));
            self.readiness.warn(PART, other);
        }
        self.seen = record.map(|record| SeenLease::of(record, self.seen.as_ref(), clock::uptime()));
        self.lease = lease;
    }

    /// The Lease as it is, but held by us.
    fn ours(&self, term: i32) -> Lease {
        // As the API server keeps it, so that it can be recognized.
        let now = Timestamp::from_microsecond(clock::now().as_microsecond()).ok().map(MicroTime);
        let mut lease = self.lease.clone().unwrap_or_else(|| Lease {
            metadata: ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
            spec: None,
        });
        lease.annotations_mut().insert(VERSION_ANNOTATION.to_owned(), VERSION.to_owned());
        let before = lease.spec.take().unwrap_or_default();
        lease.spec = Some(LeaseSpec {
            holder_identity: Some(self.me.clone()),
            lease_transitions: Some(term),
            lease_duration_seconds: i32::try_from(LEASE_DURATION.as_secs()).ok(),
            acquire_time: if self.held.is_some() { before.acquire_time } else { now.clone() },
            renew_time: now,
            ..LeaseSpec::default()
        });
        lease
    }

    /// Writes with the resource version that was read: the API server refuses the write if another client has written
    /// since.
    async fn write(&self, lease: Lease) -> kube::Result<Lease> {
        let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        match lease.metadata.resource_version {
            Some(_) => self.leases.replace(&self.name, &params, &lease).await,
            None => self.leases.create(&params, &lease).await,
        }
    }

    /// Releases the Lease, so that another candidate can take it at once. If this fails, the Lease expires.
    async fn give_back(&mut self) {
        let given_back = timeout(RELEASE_TIMEOUT, async {
            self.look().await?;
            // Another candidate may hold it by now.
            if let (Step::Renew, Some(mut lease)) = (self.decide(clock::uptime()), self.lease.clone()) {
                if let Some(spec) = &mut lease.spec {
                    spec.holder_identity = Some(String::new());
                }
                self.write(lease).await?;
            }
            Ok::<_, kube::Error>(())
        });
        match given_back.await {
            Ok(Ok(())) => tracing::info!(lease = self.full_name, "lease released"),
            Ok(Err(error)) => {
                tracing::warn!(lease = self.full_name, %error, "cannot release the lease; it will expire");
            }
            Err(_) => tracing::warn!(lease = self.full_name, "cannot release the lease in time; it will expire"),
        }
    }
}

fn record(lease: &Lease) -> Record {
    let spec = lease.spec.clone().unwrap_or_default();
    let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
    Record {
        version: lease.resource_version().unwrap_or_default(),
        holder: spec.holder_identity.unwrap_or_default(),
        term: spec.lease_transitions.unwrap_or_default(),
        duration: seconds.map_or(LEASE_DURATION, Duration::from_secs),
    }
}

fn version(lease: &Lease) -> Option<&str> {
    lease.annotations().get(VERSION_ANNOTATION).map(String::as_str)
}

/// The Lease that `args` name: in the given namespace, otherwise in the operator's.
pub(super) fn lease(args: &Args, client: &Client) -> LeaseName {
    let asked = args.leader_election_namespace.clone().or_else(|| variable("POD_NAMESPACE"));
    LeaseName {
        namespace: asked.unwrap_or_else(|| client.default_namespace().to_owned()),
        name: args.leader_election_id.clone(),
    }
}

/// The Pod's name and uid: a container that restarts in its Pod keeps its identity, and need not wait for its own Lease
/// to expire. Outside of a Pod, each process has its own identity.
fn identity() -> String {
    let name = variable("POD_NAME").or_else(|| variable("HOSTNAME")).unwrap_or_else(|| FIELD_MANAGER.to_owned());
    let unique = variable("POD_UID").unwrap_or_else(|| format!("{:016x}", RandomState::new().hash_one(clock::now())));
    format!("{name}_{unique}")
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
