//! `plan` and `diff`: what they say of a manifest, and their exit codes.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;

use super::{Place, Said};
use samples::results::complete;

/// The plugin with a manifest of the sample spec on standard input.
fn fed(place: &Place, arguments: &[&str], edit: impl FnOnce(&mut serde_json::Value)) -> Said {
    let mut manifest = samples::manifest("caltech256");
    edit(&mut manifest);
    let mut child = place.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(manifest.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
}

#[tokio::test]
async fn a_new_manifest_creates_everything() {
    let place = Place::new("plan").await;
    let bounded = |manifest: &mut serde_json::Value| {
        manifest["spec"]["training"]["maxRuntimeSeconds"] = json!(3600);
        manifest["spec"]["prices"] = json!({"ml.p3.2xlarge": "3.825"});
    };
    for arguments in [&["plan", "-f", "-"] as &[&str], &["plan", "-f", "-", "--offline"]] {
        let said = fed(&place, arguments, bounded);
        assert_eq!((said.code, said.err.as_str()), (2, ""), "{said:?}");
        assert!(said.out.starts_with("caltech256  runs: 2 to create"), "{said:?}");
        assert!(said.out.contains("at most:  4.0 instance hours, 15.30 by spec.prices for 2 new jobs"), "{said:?}");
        assert!(said.out.contains("expected: unknown"), "{said:?}");
    }
    let invalid = fed(&place, &["plan", "-f", "-"], |manifest| manifest["spec"]["retries"] = json!(-1));
    assert!(invalid.code == 1 && invalid.err.contains("spec.retries: Invalid value: -1"), "{invalid:?}");
}

#[tokio::test]
async fn an_edit_is_told_by_its_fields_and_what_it_runs_again() {
    let place = Place::new("diff").await;
    let mut status = complete();
    status["region"] = json!("us-west-2");
    status["runs"] = json!([]);
    place.put("caltech256", &status).await;
    let edited = fed(&place, &["diff", "-f", "-"], |manifest| {
        manifest["spec"]["training"]["hyperparameters"]["epochs"] = json!("6");
    });
    assert_eq!(edited.code, 2, "{edited:?}");
    assert!(edited.out.starts_with("spec.training.hyperparameters.epochs: \"5\" → \"6\"\n"), "{edited:?}");
}
