//! The pages follow what happens.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::world::{DEADLINE, LONG};
use testkit::{Operator, OperatorOptions, Selection, World, await_until, shared};

use super::site::Site;

async fn held(purpose: &str, site: &Site) -> World<'static> {
    let environment = site.for_this_machine();
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (&**name, &**value)).collect();
    World::start(shared().await, purpose, &["--speed", "0"], &environment).await
}

fn succeeded(model: &Value) -> i64 {
    model["summaries"][0]["counts"]["succeeded"].as_i64().unwrap_or_default()
}

#[tokio::test]
async fn events_tell_what_has_changed_until_the_selection_is_gone() {
    let site = Site::new();
    let world = held("events", &site).await;
    let mut list = site.events("/ui/events").await;
    list.await_model("an empty list", |model| model["summaries"] == json!([])).await;
    world.apply(&Selection::new("sel").images(&["a", "b"])).await;
    list.await_model("the new one", |model| model["summaries"][0]["name"] == "sel").await;
    world.await_launched("sel").await;

    let path = format!("/ui/{}/sel", world.namespace);
    let mut report = site.events(&format!("{path}/events")).await;
    let first = report.await_model("the state", |_| true).await;
    assert_eq!(first["selections"][0]["fronts"][0]["members"], json!([]), "no result yet");
    assert_eq!(first["live"], json!({"events": format!("{path}/events"), "home": "/ui"}));
    world.emulator.advance(LONG).await;
    let done = report.await_model("the end", |model| succeeded(model) == 2).await;
    let done = if done["selections"][0]["completed"].is_null() {
        report.await_model("the completion", |model| model["selections"][0]["completed"].is_i64()).await
    } else {
        done
    };
    // Everything over time is known: when each run ended.
    let runs = done["selections"][0]["runs"].as_array().unwrap();
    assert!(runs.iter().all(|run| run["ended"].is_i64()), "{runs:#?}");
    assert!(!done["selections"][0]["fronts"][0]["history"].as_array().unwrap().is_empty(), "{done:#}");
    list.await_model("the end", |model| succeeded(model) == 2).await;
    assert_eq!(site.get(&format!("{path}/model.json")).await.json(), done, "the model is that of the events");

    world.delete_and_wait("sel").await;
    let gone = loop {
        match report.next().await {
            Some((name, data)) if name == "gone" => break data,
            Some(_) => {}
            None => panic!("the stream ended without a word"),
        }
    };
    assert!(gone.contains("was deleted"), "{gone}");
    assert_eq!(report.next().await, None);
    list.await_model("an empty list", |model| model["summaries"] == json!([])).await;
    assert_eq!(site.get(&path).await.status, 404);
}

#[tokio::test]
async fn hours_and_costs_of_all_training_jobs_come_from_the_tables() {
    let site = Site::new();
    let world = held("tables", &site).await;
    let selection = Selection::new("sel")
        .images(&["a"])
        .with("/collect", json!("All"))
        .with("/prices", json!({"ml.p3.2xlarge": "3.825"}));
    world.apply(&selection).await;
    world.await_launched("sel").await;
    world.emulator.advance(LONG).await;
    let status = world.await_complete("sel").await;
    assert!(status.runs[0].trials.is_some(), "{status:#?}");
    let path = format!("/ui/{}/sel/model.json", world.namespace);
    let model = await_until("the page knows the table", DEADLINE, async || {
        let model = site.get(&path).await.json();
        if model["selections"][0]["runs"][0]["search"].is_object() { Ok(model) } else { Err(model) }
    })
    .await;
    let run = &model["selections"][0]["runs"][0];
    assert_eq!(run["search"]["jobs"], 2);
    let billed = run["search"]["billed"].as_f64().unwrap();
    assert!(billed > run["billable"].as_f64().unwrap(), "more than the best alone: {run:#}");
    assert!((run["search"]["cost"].as_f64().unwrap() - billed / 3600.0 * 3.825).abs() < 1e-6, "{run:#}");
}

#[tokio::test]
async fn a_standby_shows_the_same_and_goes_on_when_it_leads() {
    let site = Site::new();
    let mut world = held("standby", &site).await;
    let other = Site::new();
    let mut environment = world.options.extra_env.clone();
    environment.retain(|(name, _)| name != "MODELSELECTION_UI_LISTEN");
    environment.extend(other.for_this_machine());
    let options = OperatorOptions { pod: "standby".to_owned(), extra_env: environment, ..world.options.clone() };
    let mut standby = Operator::start(options);
    standby.await_ready(DEADLINE).await;
    await_until("it stands by", DEADLINE, async || standby.logs().contains("standing by")).await;

    world.apply(&Selection::new("sel").images(&["a"])).await;
    world.await_launched("sel").await;
    let path = format!("/ui/{}/sel/events", world.namespace);
    let running = |model: &Value| model["summaries"][0]["counts"]["running"] == 1;
    await_until("the standby knows it", DEADLINE, async || other.get("/ui/model.json").await.listed().len() == 1).await;
    let mut events = other.events(&path).await;
    events.await_model("it runs", running).await;

    world.operator.kill();
    await_until("it leads", Duration::from_secs(120), async || standby.logs().contains("operating")).await;
    world.emulator.advance(LONG).await;
    events.await_model("the end, over the change of the leader", |model| succeeded(model) == 1).await;
}
