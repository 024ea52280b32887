use lint::Linter;
use proptest::prelude::*;

use super::*;

/// The manifest that the flags produce, as written.
fn written(args: &NewArgs) -> Result<String, String> {
    let mut checked = Checked::new();
    flags(args, None, &mut checked)?;
    Ok(with_header(&yaml(checked.draft())?, &checked.draft().examples()))
}

fn faults(manifest: &str) -> Vec<String> {
    Linter::new().check(&serde_saphyr::from_str(manifest).unwrap())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn nothing_but_examples_lints_and_says_what_to_change() {
    let text = written(&NewArgs::default()).unwrap();
    assert_eq!(faults(&text), [""; 0]);
    insta::assert_snapshot!(text);
}

#[test]
fn every_flag_is_in_the_manifest() {
    let args = NewArgs {
        selection: Some("birds".into()),
        task: Some("ic".into()),
        model: words(&["pytorch-ic-mobilenet-v2@3.*"]),
        image: words(&["111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/resnet:3"]),
        dataset: words(&["birds=s3://birds/train/", "birds/validation=s3://birds/val/"]),
        objective: words(&["validation:accuracy:maximize", "latency:Minimize"]),
        metric: words(&["latency=latency=([0-9.]+)"]),
        range: words(&["lr=1e-5..1e-2:logarithmic", "batch_size=8..64", "optimizer=adam,sgd"]),
        hyperparameter: words(&["epochs=5"]),
        max_training_jobs: Some(12),
        role: Some("arn:aws:iam::123456789012:role/Own".into()),
        instance_type: Some("ml.g5.xlarge".into()),
        output_uri: Some("s3://birds/out/".into()),
        region: Some("eu-west-1".into()),
        ..NewArgs::default()
    };
    let text = written(&args).unwrap();
    assert_eq!(faults(&text), [""; 0]);
    insta::assert_snapshot!(text);
}

#[test]
fn a_flag_that_would_not_lint_is_named_with_what_is_wrong() {
    for (args, expected) in [
        (NewArgs { objective: words(&["accuracy"]), ..NewArgs::default() }, "--objective: write it as METRIC:Maximize"),
        (
            NewArgs { range: words(&["lr=3..2"]), ..NewArgs::default() },
            "--range: spec.tuning.parameterRanges[0].integer",
        ),
        (
            NewArgs { dataset: words(&["a=http://x"]), ..NewArgs::default() },
            "--dataset: spec.datasets[0].channels[0].s3URI",
        ),
        (NewArgs { role: Some("me".into()), ..NewArgs::default() }, "spec.executionRoleARN: Invalid value: \"me\""),
    ] {
        let why = written(&args).unwrap_err();
        assert!(why.contains(expected), "{why}");
    }
}

fn some(pattern: &'static str, most: usize) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(pattern, 0..=most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Values in the correct format, and sometimes in a wrong one.
    #[test]
    fn what_is_written_lints(
        name in proptest::option::of("[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?"),
        task in proptest::option::of("[a-z]{2,4}"),
        models in some("[a-z]{1,12}(-[a-z0-9]{1,5}){1,3}(@[0-9]\\.\\*)?", 3),
        images in some("[0-9]{12}\\.dkr\\.ecr\\.us-west-2\\.amazonaws\\.com/[a-z]{1,8}(:[0-9]|@[a-z]{3})?", 2),
        datasets in some("[a-z0-9]{1,5}(/[a-z]{1,5})?=s3://[a-z0-9]{3,9}/[ -~]{0,9}", 3),
        objectives in some("[a-z:_]{1,9}:(Maximize|minimize|most)", 3),
        metrics in some("[a-z:_]{1,9}=[ -~]{1,12}", 2),
        ranges in some("[a-z_]{1,9}=(0\\.0[1-9]\\.\\.0\\.[1-9](:Linear|:log)?|[1-9]\\.\\.[1-9]|[a-z0-9,]{1,9}|~|null|1e3|no|0x1f)", 3),
        hyperparameters in some("[a-z_]{1,9}=[ -~]{1,9}", 3),
        jobs in proptest::option::of(0..900_i32),
    ) {
        let args = NewArgs {
            selection: name, task, model: models, image: images, dataset: datasets, objective: objectives,
            metric: metrics, range: ranges, hyperparameter: hyperparameters, max_training_jobs: jobs, ..NewArgs::default()
        };
        if let Ok(text) = written(&args) {
            let faults = faults(&text);
            prop_assert!(faults.is_empty(), "{faults:?}\n{text}");
        }
    }
}
