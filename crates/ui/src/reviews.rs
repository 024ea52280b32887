//! Asks the API server about the token of a caller and the permissions of its user, like every authenticating
//! proxy of Kubernetes: a `TokenReview`, then a `SubjectAccessReview` for each permission.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, UserInfo};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::api::{Api, PostParams};
use kube::{Client, Resource as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::caller::Token;
use crate::recent::Recent;
use crate::refusal::Refusal;
use api::ModelSelection;
use platform::api_server::message;
use platform::clock;

/// How long an answer is cached, and so how long a revoked permission stays effective.
const CACHE_TTL: Duration = Duration::from_mins(1);
/// Maximum number of concurrent reviews: callers, also those without a valid token, must not overload the API server.
const CONCURRENT_REVIEWS: usize = 8;
/// The timeout of a review, including the wait for its turn.
const REVIEW_TIMEOUT: Duration = Duration::from_secs(10);

/// A permission on objects of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Permission {
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    /// The namespace; empty for all.
    namespace: String,
    /// The object; empty for all.
    name: String,
}

impl Permission {
    /// To list the selections of a namespace, or of all namespaces if it is empty.
    pub(crate) fn list(namespace: &str) -> Self {
        Self { verb: "list", ..Self::get(namespace, "") }
    }

    /// To get a selection.
    pub(crate) fn get(namespace: &str, name: &str) -> Self {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        Self { verb: "get", group: "modelselection.dev", resource: "modelselections", namespace, name }
    }

    /// To get the tables of training jobs of a namespace.
    pub(crate) fn tables(namespace: &str) -> Self {
        Self { group: "", resource: "configmaps", ..Self::get(namespace, "") }
    }

    fn refused_to(&self, user: &str) -> Refusal {
        let place = match self.namespace.as_str() {
            "" => "any namespace".to_owned(),
            namespace => format!("the namespace '{}'", api::message(namespace, 100)),
        };
        Refusal::Forbidden { user: api::message(user, 200), verb: self.verb, resource: self.resource, place }
    }
}

/// Asks the API server, and caches its answers for a minute.
pub(crate) struct Reviews {
    client: Client,
    turns: Semaphore,
    users: Recent<[u8; 32], Option<Arc<UserInfo>>>,
    permissions: Recent<([u8; 32], Permission), bool>,
}

impl Reviews {
    pub(crate) fn new(client: Client) -> Self {
        let turns = Semaphore::new(CONCURRENT_REVIEWS);
        Self { client, turns, users: Recent::new(CACHE_TTL), permissions: Recent::new(CACHE_TTL) }
    }

    /// The user of the token.
    pub(crate) async fn user(&self, token: &Token) -> Result<Arc<UserInfo>, Refusal> {
        let key = token.digest();
        let known = match self.users.get(&key, clock::steady()) {
            Some(known) => known,
            None => {
                let user = self.review_token(token).await?.map(Arc::new);
                self.users.put(key, user.clone(), clock::steady());
                user
            }
        };
        known.ok_or(Refusal::BadToken)
    }

    /// Whether the user of the token has the permission.
    pub(crate) async fn may(&self, token: &Token, permission: &Permission) -> Result<(), Refusal> {
        let user = self.user(token).await?;
        let key = (token.digest(), permission.clone());
        let allowed = match self.permissions.get(&key, clock::steady()) {
            Some(known) => known,
            None => {
                let allowed = self.review_permission(&user, permission).await?;
                self.permissions.put(key, allowed, clock::steady());
                allowed
            }
        };
        if allowed { Ok(()) } else { Err(permission.refused_to(user.username.as_deref().unwrap_or_default())) }
    }

    async fn review_token(&self, token: &Token) -> Result<Option<UserInfo>, Refusal> {
        let spec = TokenReviewSpec { token: Some(token.secret().to_owned()), audiences: None };
        let review = self.review(&TokenReview { spec, ..TokenReview::default() }).await?;
        let status = review.status.unwrap_or_default();
        Ok(status.user.filter(|_| status.authenticated == Some(true)))
    }

    async fn review_permission(&self, user: &UserInfo, permission: &Permission) -> Result<bool, Refusal> {
        let some = |text: &str| Some(text.to_owned());
        let Permission { verb, group, resource, namespace, name } = permission;
        let attributes = ResourceAttributes {
            verb: some(verb),
            group: some(group),
            version: some(if *group == ModelSelection::group(&()) { "v1alpha1" } else { "v1" }),
            resource: some(resource),
            namespace: some(namespace),
            name: some(name),
            ..ResourceAttributes::default()
        };
        let spec = SubjectAccessReviewSpec {
            resource_attributes: Some(attributes),
            user: user.username.clone(),
            groups: user.groups.clone(),
            uid: user.uid.clone(),
            extra: user.extra.clone(),
            ..SubjectAccessReviewSpec::default()
        };
        let review = self.review(&SubjectAccessReview { spec, ..SubjectAccessReview::default() }).await?;
        Ok(review.status.is_some_and(|status| status.allowed))
    }

    /// Creates a review; the API server fills in its status.
    async fn review<K>(&self, review: &K) -> Result<K, Refusal>
    where
        K: kube::Resource<DynamicType = ()> + Clone + Debug + Serialize + DeserializeOwned,
    {
        let unreviewed = |why: String| {
            tracing::warn!(why, "callers of the pages cannot be reviewed");
            Refusal::Unreviewed(why)
        };
        let reviews: Api<K> = Api::all(self.client.clone());
        let asked = async {
            let _turn = self.turns.acquire().await;
            reviews.create(&PostParams::default(), review).await
        };
        match timeout(REVIEW_TIMEOUT, asked).await {
            Ok(answer) => answer.map_err(|error| unreviewed(message(&error))),
            Err(_) => Err(unreviewed("it does not answer".to_owned())),
        }
    }
}
