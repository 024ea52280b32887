//! Until when this process may act. Every action checks this just before: a process that was paused does not notice it
//! when it resumes, and another process may hold the Lease by then.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, Request};
use kube::client::{Body, ClientBuilder};
use kube::{Client, Config};
use parking_lot::Mutex;
use tower::BoxError;
use tower::filter::FilterLayer;

use super::clock;

/// Until when this process leads; initially it does not. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Leadership(Arc<Mutex<Duration>>);

/// This process may not act.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("this process does not lead")]
pub struct NotLeading;

impl Leadership {
    /// Fails unless this process leads now.
    pub fn check(&self) -> Result<(), NotLeading> {
        let until = *self.0.lock();
        if clock::uptime() < until { Ok(()) } else { Err(NotLeading) }
    }

    /// This process leads until `end`, by [`clock::uptime`].
    pub fn lasts_until(&self, end: Duration) {
        *self.0.lock() = end;
    }

    /// Without leader election: this process always leads.
    pub fn always(&self) {
        self.lasts_until(Duration::MAX);
    }

    /// This process does not lead any more.
    pub fn end(&self) {
        self.lasts_until(Duration::ZERO);
    }

    /// A Kubernetes client that can always read, and can write only while this process leads.
    pub fn client(&self, config: Config) -> kube::Result<Client> {
        let leadership = self.clone();
        let guard = move |request: Request<Body>| {
            if request.method() != Method::GET {
                leadership.check()?;
            }
            Ok::<_, BoxError>(request)
        };
        Ok(ClientBuilder::try_from(config)?.with_layer(&FilterLayer::new(guard)).build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_client_can_always_read_and_can_write_only_while_it_leads() {
        // Nothing listens at that address: a request that is not refused here fails to connect.
        let leadership = Leadership::default();
        let client = leadership.client(Config::new("http://127.0.0.1:1/".parse().unwrap())).unwrap();
        let refused = async |method: Method| {
            let request = Request::builder().method(method).uri("/api").body(Vec::new()).unwrap();
            let error = client.request_text(request).await.unwrap_err();
            let mut causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
            causes.any(|cause| cause.to_string().contains("this process does not lead"))
        };
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(refused(method.clone()).await, "{method} gets through");
        }
        assert!(!refused(Method::GET).await);
        leadership.always();
        assert!(!refused(Method::PATCH).await);
    }

    #[test]
    fn leadership_begins_and_ends_on_request() {
        let leadership = Leadership::default();
        assert!(leadership.check().is_err());
        leadership.lasts_until(clock::uptime() + Duration::from_secs(60));
        assert!(leadership.clone().check().is_ok());
        leadership.end();
        assert!(leadership.check().is_err());
        leadership.always();
        assert!(leadership.check().is_ok());
        leadership.lasts_until(clock::uptime());
        assert!(leadership.check().is_err());
    }
}
