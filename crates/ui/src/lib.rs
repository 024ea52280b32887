//! The read-only pages of the operator: a list of the selections, and the report of each, with live updates by
//! server-sent events.
//!
//! | path | response |
//! |---|---|
//! | `/ui` | the page that lists the selections |
//! | `/ui/events` | the models of that page, as server-sent events |
//! | `/ui/model.json` | its model, once |
//! | `/ui/{namespace}/{name}` | the report of a selection |
//! | `/ui/{namespace}/{name}/events` | the models of the report, as server-sent events |
//! | `/ui/{namespace}/{name}/model.json` | its model, once |
//!
//! The selections come from the stores that the operator's watches fill; only the tables of `spec.collect: All` are
//! read from the API server, each once. [`Access`] decides who may see them.
//!
//! **Invariant:** every request is a `GET`, and the only writes are the reviews of callers.

mod access;
mod caller;
mod events;
mod guard;
mod host;
mod pages;
mod paths;
mod recent;
mod refusal;
mod reviews;
mod state;
mod stores;
mod subject;
mod trials;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum::routing::get;
use kube::Client;

pub use access::{Access, Exposed, check};
pub use stores::StoresSubscription;

use paths::HOME;
use refusal::Refusal;
use state::Ui;
use trials::TrialMemory;

/// The pages of the selections in `stores`, for callers that `access` allows. `client` reads tables of training jobs.
pub fn router(stores: StoresSubscription, access: Access, client: Client) -> Router {
    let ui = Ui { stores, access: Arc::new(access), trials: Arc::new(TrialMemory::new(client)) };
    Router::new()
        .route("/", get(home))
        .route("/ui/", get(home))
        .route(HOME, get(pages::list))
        .route("/ui/model.json", get(pages::list_model))
        .route("/ui/events", get(events::of_list))
        .route("/ui/{namespace}/{name}", get(pages::report))
        .route("/ui/{namespace}/{name}/model.json", get(pages::report_model))
        .route("/ui/{namespace}/{name}/events", get(events::of_report))
        .fallback(|| async { Refusal::NoPage })
        .method_not_allowed_fallback(|| async { Refusal::ReadOnly })
        .layer(from_fn_with_state(ui.clone(), guard::guard))
        .with_state(ui)
}

async fn home() -> Redirect {
    Redirect::temporary(HOME)
}
