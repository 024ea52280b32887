//! The emulator's own API, under `/_emulator/`: faults, calls, jobs, time, models. JSON in, JSON out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::arn::Place;
use crate::hub::model;
use crate::logs::models::Row;
use crate::operations::training_job;
use crate::operations::tuning_job;
use crate::operations::view::Lag;
use crate::request::Tag;
use crate::service::emulator::Emulator;
use crate::service::faults::Order;

type Shared = State<Arc<Emulator>>;
type Answer = Result<Json<Value>, (StatusCode, Json<Value>)>;

/// The routes.
pub fn routes() -> Router<Arc<Emulator>> {
    Router::new()
        .route("/faults", post(order_fault).get(list_faults).delete(clear_faults))
        .route("/calls", get(calls).delete(reset_calls))
        .route("/requests", get(requests))
        .route("/lags", post(order_lag).get(list_lags).delete(clear_lags))
        .route("/roles", post(set_role))
        .route("/tags", post(retag))
        .route("/jobs", get(jobs).post(plant))
        .route("/logs", get(logs))
        .route("/clock", post(set_clock).get(clock))
        .route("/training", post(override_model).delete(reset_models))
        .route("/hub", post(set_hub_model).get(hub).delete(reset_hub))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
}

async fn unknown() -> (StatusCode, Json<Value>) {
    let routes = ["faults", "lags", "roles", "tags", "calls", "requests", "jobs", "logs", "clock", "training", "hub"];
    (
        StatusCode::NOT_FOUND,
        Json(json!({"error": "no such route or method", "routes": routes.map(|route| format!("/_emulator/{route}"))})),
    )
}

/// Parses a body regardless of its content type, so that plain `curl -d` works.
fn read<T: DeserializeOwned>(body: &str) -> Result<T, (StatusCode, Json<Value>)> {
    serde_json::from_str(body).map_err(|error| refused(error.to_string()))
}

fn refused(error: impl Into<Value>) -> (StatusCode, Json<Value>) {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error.into()})))
}

async fn order_fault(State(emulator): Shared, body: String) -> Answer {
    let order: Order = read(&body)?;
    Ok(Json(json!({"id": emulator.faults().add(order)})))
}

async fn list_faults(State(emulator): Shared) -> Json<Value> {
    let faults = emulator.faults();
    Json(faults.list().map(|(id, order, left)| json!({"id": id, "order": order, "left": left})).collect())
}

async fn clear_faults(State(emulator): Shared) -> Json<Value> {
    emulator.faults().clear();
    Json(json!({}))
}

async fn order_lag(State(emulator): Shared, body: String) -> Answer {
    let lag: Lag = read(&body)?;
    Ok(Json(json!({"id": emulator.order_lag(lag)})))
}

async fn list_lags(State(emulator): Shared) -> Json<Value> {
    let lags = emulator.lags();
    Json(lags.list().map(|(id, lag)| json!({"id": id, "lag": lag})).collect())
}

async fn clear_lags(State(emulator): Shared) -> Json<Value> {
    emulator.lags().clear();
    Json(json!({}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleChange {
    arn: String,
    /// Virtual seconds until it can be assumed.
    seconds: f64,
}

async fn set_role(State(emulator): Shared, body: String) -> Answer {
    let RoleChange { arn, seconds } = read(&body)?;
    emulator.set_role(arn, seconds);
    Ok(Json(json!({})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TagChange {
    region: String,
    job: String,
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    unset: Vec<String>,
}

async fn retag(State(emulator): Shared, body: String) -> Answer {
    let TagChange { region, job, set, unset } = read(&body)?;
    let set = set.into_iter().map(|(key, value)| Tag { key, value }).collect();
    if emulator.retag(&region, &job, set, unset) {
        return Ok(Json(json!({})));
    }
    Err((StatusCode::NOT_FOUND, Json(json!({"error": format!("no tuning job {job} in {region}")}))))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Planted {
    region: String,
    /// A create request that is not validated.
    request: Value,
}

async fn plant(State(emulator): Shared, body: String) -> Answer {
    let Planted { region, request } = read(&body)?;
    emulator.plant(&region, &request).map_err(refused)?;
    Ok(Json(json!({})))
}

async fn calls(State(emulator): Shared) -> Json<Value> {
    Json(json!(emulator.calls().counts()))
}

async fn reset_calls(State(emulator): Shared) -> Json<Value> {
    emulator.calls().reset();
    Json(json!({}))
}

/// A query parameter. Names of operations and jobs need no decoding.
fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value).next()
}

async fn requests(State(emulator): Shared, uri: Uri) -> Json<Value> {
    let calls = emulator.calls();
    Json(calls.entries(parameter(&uri, "operation")).map(|entry| json!(entry)).collect())
}

/// The current log of a training job: the text that its metric definitions are applied to.
async fn logs(State(emulator): Shared, uri: Uri) -> Answer {
    let now = emulator.clock().now();
    let name = parameter(&uri, "trainingJob").unwrap_or_default();
    let world = emulator.world();
    let found = world.regions().find_map(|(_, region)| {
        let (job, trial) = region.training(name)?;
        Some((job, trial, job.trial_state(trial, now)?))
    });
    let Some((job, trial, state)) = found else {
        return Err((StatusCode::NOT_FOUND, Json(json!({"error": format!("no training job {name}")}))));
    };
    let lines = training_job::log(job, trial, &state);
    let shown = lines.iter().map(|line| json!({"time": trial.training.plus(line.at).seconds(), "text": line.text}));
    Ok(Json(shown.collect()))
}

async fn jobs(State(emulator): Shared) -> Json<Value> {
    let now = emulator.clock().now();
    let world = emulator.world();
    let account = &emulator.settings().account;
    let all = world.regions().flat_map(|(region, content)| content.jobs.values().map(move |job| (region, job)));
    let shown = all.map(|(region, job)| {
        let place = Place { region, account };
        let state = job.state(now);
        let models: Vec<&str> = job.setup.behaviours.iter().map(|behaviour| behaviour.name.as_str()).collect();
        json!({
            "name": job.name(),
            "region": region,
            "arn": place.tuning_job(job.name()),
            "status": state.as_ref().map_or("Deleted", |state| state.status.as_str()),
            "creationTime": job.created().seconds(),
            "endTime": job.end().seconds(),
            "tags": job.tags.at(now).into_iter().map(|tag| (tag.key, tag.value)).collect::<HashMap<_, _>>(),
            "trainingJobs": state.as_ref().map(|state| tuning_job::training_counters(&state.counters)),
            "objectives": state.as_ref().map(|state| tuning_job::objective_counters(&state.counters)),
            "models": models,
        })
    });
    Json(shown.collect())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClockChange {
    advance_seconds: Option<f64>,
    speed: Option<f64>,
}

async fn set_clock(State(emulator): Shared, body: String) -> Answer {
    let change: ClockChange = read(&body)?;
    let sane = |n: &f64| n.is_finite() && *n >= 0.0;
    if !change.advance_seconds.iter().chain(&change.speed).all(sane) {
        return Err(refused("time goes forward: numbers from 0 up"));
    }
    if let Some(speed) = change.speed {
        emulator.clock().set_speed(speed);
    }
    if let Some(seconds) = change.advance_seconds {
        emulator.clock().advance(seconds);
    }
    Ok(clock(State(emulator)).await)
}

async fn clock(State(emulator): Shared) -> Json<Value> {
    let clock = emulator.clock();
    Json(json!({"now": clock.now().seconds(), "speed": clock.speed()}))
}

async fn override_model(State(emulator): Shared, body: String) -> Answer {
    let row: Row = read(&body)?;
    row.check().map_err(refused)?;
    emulator.override_model(row);
    Ok(Json(json!({})))
}

async fn reset_models(State(emulator): Shared) -> Json<Value> {
    emulator.reset_models();
    Json(json!({}))
}

async fn set_hub_model(State(emulator): Shared, body: String) -> Answer {
    let entry: model::Entry = read(&body)?;
    emulator.set_hub_model(entry).map_err(refused)?;
    Ok(Json(json!({})))
}

async fn hub(State(emulator): Shared) -> Json<Value> {
    let hub = emulator.hub();
    let versions = |model: &model::Model| model.editions.keys().map(ToString::to_string).collect::<Vec<_>>();
    Json(hub.models().map(|model| json!({"id": model.id, "versions": versions(model)})).collect())
}

async fn reset_hub(State(emulator): Shared) -> Json<Value> {
    emulator.reset_hub();
    Json(json!({}))
}
