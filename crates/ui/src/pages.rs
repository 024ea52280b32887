//! The pages, and their models as JSON.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse};

use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::state::Ui;
use crate::subject::Subject;

pub(crate) async fn list(State(ui): State<Ui>, caller: Extension<Caller>) -> Result<impl IntoResponse, Refusal> {
    page(&Subject::List, ui, &caller).await
}

pub(crate) async fn list_model(State(ui): State<Ui>, caller: Extension<Caller>) -> Result<impl IntoResponse, Refusal> {
    model(&Subject::List, ui, &caller).await
}

pub(crate) async fn report(
    State(ui): State<Ui>,
    Path((namespace, name)): Path<(String, String)>,
    caller: Extension<Caller>,
) -> Result<impl IntoResponse, Refusal> {
    page(&Subject::One { namespace, name }, ui, &caller).await
}

pub(crate) async fn report_model(
    State(ui): State<Ui>,
    Path((namespace, name)): Path<(String, String)>,
    caller: Extension<Caller>,
) -> Result<impl IntoResponse, Refusal> {
    model(&Subject::One { namespace, name }, ui, &caller).await
}

async fn page(subject: &Subject, mut ui: Ui, caller: &Caller) -> Result<Html<String>, Refusal> {
    subject.page(&mut ui, caller).await.map(Html)
}

async fn model(subject: &Subject, mut ui: Ui, caller: &Caller) -> Result<impl IntoResponse + use<>, Refusal> {
    let selections = subject.selections(&mut ui, caller).await?;
    let json = subject.model(&ui, caller, selections).await;
    Ok(([(header::CONTENT_TYPE, "application/json")], json))
}
