//! `--check`: checks everything that the operator needs, prints what is missing, and exits. This process has no
//! controller and does not compete for the Lease, so it creates, stops and writes nothing.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{OptionFuture, join5};
use kube::Client;
use tokio::time::{sleep, timeout};

use super::args::Args;
use super::credentials;
use super::exit_reason::{End, Error};
use super::prerequisites::{API_SERVER, CRD, RECHECK, await_crd, kubernetes, scope};
use super::{election, permissions};
use crate::controller::{EVENT_QUEUE, queue_problem};
use events::Queue;
use platform::leadership::Leadership;
use platform::metrics::Metrics;
use platform::readiness::Readiness;
use sagemaker::{Account, SageMaker};

const SAGEMAKER: &str = "sagemaker";

/// Waits at most this long until everything is ready, and prints what `/readyz` would say.
pub(super) async fn run(args: &Args, longest: Duration) -> Result<End, Error> {
    let queue = args.events_queue()?;
    let parts = [API_SERVER, CRD, credentials::PART, permissions::PART, SAGEMAKER].into_iter();
    let readiness = Arc::new(Readiness::new(parts.chain(queue.as_ref().map(|_| EVENT_QUEUE))));
    let account = Account::load(args.region.as_deref()).await;
    let queue = queue.map(|url| Queue::new(account.config(), url));
    // The single read-only call needs no Lease, and this process makes no other.
    let leadership = Leadership::default();
    leadership.always();
    let sagemaker =
        SageMaker::new(account.clone(), args.sagemaker_endpoint.clone(), Arc::new(Metrics::default()), leadership);
    let client = Client::try_from(kubernetes().await?)?;
    let lease = args.leader_elect.then(|| election::lease(args, &client));

    let looking = Box::pin(join5(
        credentials::watch(account, readiness.clone()),
        permissions::watch(client.clone(), args.namespaces.clone(), lease, readiness.clone()),
        ask(&sagemaker, &readiness),
        OptionFuture::from(queue.as_ref().map(|queue| read(queue, &readiness))),
        async {
            scope(args, &client, &readiness).await;
            await_crd(args, &client, &readiness).await;
        },
    ));
    let in_order = async {
        while readiness.check().is_err() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    // Whichever ends first: what is missing then is reported.
    let _ = timeout(longest, async {
        tokio::select! { _ = looking => {}, () = in_order => {} }
    })
    .await;
    let (text, end) = match readiness.check() {
        Ok(text) => (text, End::Stopped),
        Err(why) => (why, End::Unready),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(end)
}

/// Calls SageMaker until it responds: that proves identity, permission and network, unlike the mere presence of
/// credentials.
async fn ask(sagemaker: &SageMaker, readiness: &Readiness) {
    let Some(region) = sagemaker.default_region() else {
        let why = "not called: no default region (AWS_REGION); each selection must set `region`";
        readiness.warn(SAGEMAKER, Some(why.to_owned()));
        return readiness.set(SAGEMAKER, Ok(()));
    };
    loop {
        let answer = sagemaker.region(region).answers().await;
        let there = answer.is_ok();
        readiness.set(SAGEMAKER, answer.map_err(|error| format!("in {region}, {}", error.explain())));
        if there {
            return;
        }
        sleep(RECHECK).await;
    }
}

/// Reads the queue of events until it can be read, and hides no message from the operator. An operator without its
/// queue works, but whoever has configured one wants to know.
async fn read(queue: &Queue, readiness: &Readiness) {
    while let Err(error) = queue.check().await {
        readiness.set(EVENT_QUEUE, Err(queue_problem(&error)));
        sleep(RECHECK).await;
    }
    readiness.set(EVENT_QUEUE, Ok(()));
}
