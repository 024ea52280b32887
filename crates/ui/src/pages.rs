//! The pages, and their models as JSON.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse};

use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::state::Ui;
use crate::view::View;

pub(crate) async fn list(State(ui): State<Ui>, caller: Extension<Caller>) -> Result<impl IntoResponse, Refusal> {
    page(&View::List, ui, &caller).await
}

pub(crate) async fn list_model(State(ui): State<Ui>, caller: Extension<Caller>) -> Result<impl IntoResponse, Refusal> {
    model(&View::List, ui, &caller).await
}

pub(crate) async fn report(
    State(ui): State<Ui>,
    Path((namespace, name)): Path<(String, String)>,
    caller: Extension<Caller>,
) -> Result<impl IntoResponse, Refusal> {
    page(&View::One { namespace, name }, ui, &caller).await
}

pub(crate) async fn report_model(
    State(ui): State<Ui>,
    Path((namespace, name)): Path<(String, String)>,
    caller: Extension<Caller>,
) -> Result<impl IntoResponse, Refusal> {
    model(&View::One { namespace, name }, ui, &caller).await
}

async fn page(view: &View, mut ui: Ui, caller: &Caller) -> Result<Html<String>, Refusal> {
    view.page(&mut ui, caller).await.map(Html)
}

async fn model(view: &View, mut ui: Ui, caller: &Caller) -> Result<impl IntoResponse + use<>, Refusal> {
    let selections = view.selections(&mut ui, caller).await?;
    let json = view.model(&ui, caller, selections).await;
    Ok(([(header::CONTENT_TYPE, "application/json")], json))
}
