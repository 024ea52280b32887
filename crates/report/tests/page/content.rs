//! The content of the document, without a browser.

use std::slice::from_ref;

use modelselection_report::{Live, Options, overview, report};
use serde_json::Value;

use super::samples;

/// The model in the page.
fn model(page: &str) -> Value {
    let begin = "<script type=\"application/json\" id=\"model\">";
    let rest = &page[page.find(begin).expect("the model") + begin.len()..];
    serde_json::from_str(&rest[..rest.find("</script>").expect("its end")]).expect("JSON")
}

#[test]
fn the_published_frontier() {
    let selection = samples::caltech256();
    let page = report(from_ref(&selection), &samples::options());
    let model = model(&page);
    let one = &model["selections"][0];
    assert_eq!(one["runs"].as_array().map(Vec::len), Some(21));
    assert_eq!(one["verdict"]["word"], "Completed");
    let front = &one["fronts"][0];
    let recommended = &one["runs"][usize::try_from(front["recommended"].as_u64().unwrap()).unwrap()];
    assert_eq!(recommended["role"], "front");
    assert_eq!(recommended["family"], "mobilenet-v2");
    assert_eq!(one["runs"][17]["role"], "excluded");
    assert!(one["runs"][17]["message"].as_str().unwrap().starts_with("ValueError"));
    let cost = recommended["cost"].as_f64().unwrap();
    let seconds = recommended["seconds"].as_f64().unwrap();
    assert!((cost - seconds / 3600.0 * 3.825).abs() < 1e-9);
    let history = front["history"].as_array().unwrap();
    assert_eq!(history.len(), 20);
    assert!((history[19]["hypervolume"].as_f64().unwrap() / front["hypervolume"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    let manifest: Value = serde_saphyr::from_str(one["manifest"].as_str().unwrap()).unwrap();
    assert_eq!(manifest["spec"], serde_json::to_value(&selection.spec).unwrap());
}

#[test]
fn the_hypervolume_over_time_ends_at_that_of_the_front() {
    let selection = samples::running();
    let model = model(&report(from_ref(&selection), &samples::options()));
    for front in model["selections"][0]["fronts"].as_array().unwrap() {
        let last = front["history"].as_array().unwrap().last().unwrap()["hypervolume"].as_f64().unwrap();
        assert!((last / front["hypervolume"].as_f64().unwrap() - 1.0).abs() < 1e-9, "{front}");
    }
}

#[test]
fn the_page_is_self_contained() {
    let page = report(&[samples::caltech256()], &Options::default());
    assert!(page.contains("default-src 'none'"));
    for loads in ["src=", "<link", "@import", "url(", "fetch(", "XMLHttpRequest", "sendBeacon", "innerHTML", "eval("] {
        assert!(!page.contains(loads), "{loads} in the page");
    }
    assert!(!page.contains("connect-src"), "only a live page connects");
    assert_eq!(page, report(&[samples::caltech256()], &Options::default()), "equal objects give equal bytes");
}

#[test]
fn five_hundred_runs_with_twenty_metrics_are_small() {
    let selection = samples::large();
    let page = report(from_ref(&selection), &samples::options());
    println!(
        "500 runs x 20 metrics: {} bytes; 21 runs: {}",
        page.len(),
        report(&[samples::caltech256()], &Options::default()).len()
    );
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

#[test]
fn foreign_text_is_data() {
    let page = report(&[samples::hostile()], &Options::default());
    assert_eq!(page.matches("</script>").count(), 2, "the model and the front-end");
    assert!(!page.contains("<img") && !page.contains('\u{2028}') && !page.contains("<!--<b>"));
    assert!(model(&page)["selections"][0]["runs"][3]["message"].as_str().unwrap().contains("<img src=x"));
}

#[test]
fn live_pages_name_their_stream_and_link_to_each_selection() {
    let live = Some(Live { events: "/ui/events".into(), home: "/ui".into() });
    let options = Options { live, ..Options::default() };
    let page = overview(&[(&samples::caltech256()).into(), (&samples::running()).into()], &options);
    assert!(page.contains("connect-src 'self'"));
    let model = model(&page);
    assert_eq!(model["live"]["events"], "/ui/events");
    assert_eq!(model["summaries"][1]["href"], "/ui/vision/flowers-and-pets");
    assert_eq!(model["summaries"][1]["verdict"]["word"], "Running");
    assert_eq!(model["selections"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_selection_that_has_no_status_yet() {
    let mut selection = samples::caltech256();
    selection.status = None;
    let model = model(&report(&[selection], &Options::default()));
    assert_eq!(model["selections"][0]["verdict"]["word"], "Not started");
    assert_eq!(model["selections"][0]["runs"], serde_json::json!([]));
}
