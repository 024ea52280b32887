//! Why a request is rejected, in words.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use thiserror::Error;

use crate::paths::HOME;

/// Why a request is rejected.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum Refusal {
    #[error(
        "This server is for this machine only and does not answer to the name '{host}'. Open http://localhost:PORT/ui, with the port that it listens on or that kubectl port-forward has given."
    )]
    Host { host: String },
    #[error(
        "No token: send the header 'Authorization: Bearer TOKEN' with a token of this cluster, such as that of 'kubectl create token SERVICEACCOUNT'."
    )]
    NoToken,
    #[error(
        "The cluster does not accept this token: it was not issued by this cluster, or it has expired. 'kubectl create token SERVICEACCOUNT' gives a new one."
    )]
    BadToken,
    #[error(
        "The user {user} may not {verb} {resource} in {place}. Ask an administrator for a role with that permission, such as the ClusterRole 'view'."
    )]
    Forbidden { user: String, verb: &'static str, resource: &'static str, place: String },
    #[error(
        "The operator knows no ModelSelection '{name}' in the namespace '{namespace}': it was deleted, or is in a namespace that the operator does not watch."
    )]
    NoSelection { namespace: String, name: String },
    #[error(
        "There is no such page. The list of all selections is at /ui, and each has its page at /ui/NAMESPACE/NAME."
    )]
    NoPage,
    #[error("These pages are read-only: use GET. Selections are changed with kubectl.")]
    ReadOnly,
    #[error(
        "The operator has not read the selections yet. /readyz on its metrics port says what it waits for. Reload this page later."
    )]
    NotYet,
    #[error("The API server could not be asked about this token: {0}")]
    Unreviewed(String),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Host { .. } => StatusCode::MISDIRECTED_REQUEST,
            Self::NoToken | Self::BadToken => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::NoSelection { .. } | Self::NoPage => StatusCode::NOT_FOUND,
            Self::ReadOnly => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotYet | Self::Unreviewed(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Host { .. } => "Another host name",
            Self::NoToken | Self::BadToken => "Not signed in",
            Self::Forbidden { .. } => "Not allowed",
            Self::NoSelection { .. } => "No such selection",
            Self::NoPage => "No such page",
            Self::ReadOnly => "Read-only",
            Self::NotYet | Self::Unreviewed(_) => "Not available yet",
        }
    }

    /// The same as a page for a browser.
    pub(crate) fn page(&self) -> Response {
        let page = report::notice(self.title(), &self.to_string(), HOME);
        self.with_headers((self.status(), Html(page)).into_response())
    }

    fn with_headers(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        match self.status() {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"modelselection\""));
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            _ => {}
        }
        response
    }
}

/// Plain text; the response contains the refusal, so that [`crate::guard`] can turn it into a page for a browser.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let text = format!("{self}\n");
        let mut response = self.with_headers((self.status(), text).into_response());
        response.extensions_mut().insert(self);
        response
    }
}
