//! Whether the operator has the permissions that it needs in the cluster. They are checked in advance, because
//! otherwise a missing one would only show when a selection first needs it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use kube::api::PostParams;
use kube::{Api, Client};
use tokio::time::{sleep, timeout};

use api::permissions::{LeaseName, for_reviews, for_tables, in_words, needed};
use platform::readiness::Readiness;

/// The readiness part that is reported here.
pub(super) const PART: &str = "permissions";
/// What has the permissions of the operator.
const RIGHTS: &str = "deploy/rbac.yaml";
/// The part of the readiness for the permissions of the pages.
const REVIEWS_PART: &str = "permissions of the pages";
/// How soon a missing permission is checked again.
const RECHECK: Duration = Duration::from_secs(2);
/// How often permissions are checked once they are complete.
const RECHECK_WHEN_THERE: Duration = Duration::from_secs(60);

/// Reports the missing permissions, continuously.
pub(super) async fn watch(
    client: Client,
    namespaces: Vec<String>,
    lease: Option<LeaseName>,
    readiness: Arc<Readiness>,
) {
    let (needed, of_tables) = (needed(&namespaces, lease.as_ref()), for_tables(&namespaces));
    loop {
        let asked = async { tokio::try_join!(missing(&client, &needed, RIGHTS), missing(&client, &of_tables, RIGHTS)) };
        // Without a response nothing is known; other checks report that.
        let pause = match timeout(Duration::from_secs(10), asked).await {
            Ok(Ok((missing, of_tables))) => {
                let pause = if missing.is_none() { RECHECK_WHEN_THERE } else { RECHECK };
                readiness.warn(PART, of_tables.map(|missing| format!("{missing}; `collect: All` needs it")));
                readiness.set(PART, missing.map_or(Ok(()), Err));
                pause
            }
            // Without the permission to ask, nothing is known.
            Ok(Err(kube::Error::Api(status))) if status.is_forbidden() => {
                readiness.set(PART, Ok(()));
                RECHECK_WHEN_THERE
            }
            Ok(Err(_)) | Err(_) => RECHECK,
        };
        sleep(pause).await;
    }
}

/// Warns of permissions that are missing for the pages, from now on. The operator works without them; its pages let
/// nobody in.
pub(super) async fn watch_reviews(client: Client, readiness: Arc<Readiness>) {
    let needed = for_reviews();
    loop {
        let missing =
            timeout(Duration::from_secs(10), missing(&client, &needed, "deploy/components/ui-authenticated/rbac.yaml"))
                .await;
        let pause = match missing {
            Ok(Ok(missing)) => {
                let pause = if missing.is_none() { RECHECK_WHEN_THERE } else { RECHECK };
                readiness.warn(REVIEWS_PART, missing.map(|missing| format!("{missing}; --ui-authenticate needs it")));
                pause
            }
            // Without a response, or permission to ask, nothing is known.
            Ok(Err(_)) | Err(_) => RECHECK_WHEN_THERE,
        };
        sleep(pause).await;
    }
}

/// Which of these permissions are missing, and the remedy; `None` if all are granted.
async fn missing(client: &Client, needed: &[ResourceAttributes], remedy: &str) -> kube::Result<Option<String>> {
    let answers = try_join_all(needed.iter().map(|permission| has(client, permission))).await?;
    let missing = needed.iter().zip(answers).filter(|(_, has)| !has).map(|(permission, _)| in_words(permission));
    let missing: Vec<String> = missing.collect::<BTreeSet<String>>().into_iter().collect();
    let message = || format!("the operator may not {}; apply {remedy}", missing.join(", "));
    Ok((!missing.is_empty()).then(message))
}

async fn has(client: &Client, permission: &ResourceAttributes) -> kube::Result<bool> {
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(permission.clone()), ..Default::default() };
    let review = SelfSubjectAccessReview { spec, ..Default::default() };
    let answer = reviews.create(&PostParams::default(), &review).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}
