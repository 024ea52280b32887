//! Scales, the recommendation, and observed candidates.

use super::{both, members, recommended};
use crate::derived::Derivations;
use crate::front::{References, Tables, fronts, fronts_with, invalid};
use api::{
    AtLeast, Candidate, ConfigMapKey, ExclusionReason, Front, Goal, MetricFrom, ModelSelectionSpec, Observed,
    ObservedDataset, Recommend, RecommendationRule, RunStatus, Scale, parse_decimal,
};
use samples::spec;

/// The published frontier on Caltech-256: accuracy and throughput in batches per second.
const PUBLISHED: [(&str, &str, &str); 7] = [
    ("swin-large-patch4-window12-384", "0.964", "0.3"),
    ("efficientnet-v2-imagenet21k-ft1k-m", "0.948", "8"),
    ("efficientnet-v2-imagenet21k-ft1k-b0", "0.89", "20.5"),
    ("efficientnet-v2-imagenet21k-b0", "0.87", "21.5"),
    ("mobilenet-v3-large-075-224", "0.833", "30.3"),
    ("mobilenet-v2-100-160", "0.802", "40"),
    ("mobilenet-v1-025-128", "0.59", "50.8"),
];

fn published() -> Vec<RunStatus> {
    PUBLISHED.iter().map(|(name, accuracy, throughput)| both(name, accuracy, throughput)).collect()
}

fn logarithmic() -> ModelSelectionSpec {
    let mut spec = spec();
    spec.objectives[1].scale = Some(Scale::Logarithmic);
    spec
}

fn front(spec: &ModelSelectionSpec, mut runs: Vec<RunStatus>) -> Front {
    fronts(spec, &mut runs, &Tables::new()).remove(0)
}

#[test]
fn the_knee_of_the_published_frontier_depends_on_the_scale() {
    assert_eq!(recommended(&front(&spec(), published())), Some("mobilenet-v2-100-160"));
    let front = front(&logarithmic(), published());
    assert_eq!(recommended(&front), Some("efficientnet-v2-imagenet21k-ft1k-b0"));
    assert_eq!(members(&front).len(), 7, "a scale changes no dominance");
}

#[test]
fn reference_and_hypervolume_are_on_the_scales() {
    let front = front(&logarithmic(), vec![both("a", "0.9", "10"), both("b", "0.5", "1000")]);
    let reference: Vec<_> = front.reference.iter().map(String::as_str).collect();
    // A tenth of two decades below ten, in the units of the metric.
    assert_eq!(reference, ["0.46", "6.3095734448"]);
    let volume = parse_decimal(front.hypervolume.as_deref().unwrap()).unwrap();
    assert!((volume - (0.44 * 0.2 + 0.04 * 2.0)).abs() < 1e-9, "{volume}");
}

#[test]
fn values_not_above_zero_are_excluded_on_a_logarithmic_scale() {
    let runs = || vec![both("a", "0.9", "0"), both("b", "0.5", "1"), both("c", "0.95", "-1")];
    let of = front(&logarithmic(), runs());
    assert_eq!(members(&of), ["b"]);
    let excluded: Vec<_> = of.excluded.iter().map(|e| (e.candidate.as_str(), e.reason)).collect();
    assert_eq!(excluded, [("a", ExclusionReason::NotPositive), ("c", ExclusionReason::NotPositive)]);
    assert!(of.excluded[0].message.starts_with("'test_throughput' is 0; its objective has `scale: Logarithmic`"));
    assert_eq!(members(&front(&spec(), runs())), ["c", "a", "b"]);
}

#[test]
fn the_smallest_numbers_keep_a_finite_hypervolume() {
    let front = front(&logarithmic(), vec![both("a", "0.9", "5e-324"), both("b", "0.5", "1e300")]);
    assert!(front.hypervolume.is_some_and(|volume| parse_decimal(&volume).is_some()));
}

#[test]
fn alternatives_state_their_trade_offs() {
    let front = front(&logarithmic(), published());
    let recommendation = front.recommendation.unwrap();
    assert_eq!(
        recommendation.message,
        "nearest to the best value of every objective, test_accuracy on a linear scale and test_throughput on a \
         logarithmic scale, each scaled to its range on the front"
    );
    let listed: Vec<_> =
        recommendation.alternatives.iter().map(|a| (a.candidate.as_str(), a.message.as_str())).collect();
    assert_eq!(
        listed,
        [
            ("efficientnet-v2-imagenet21k-ft1k-m", "0.39 times the test_throughput for +5.8 points of test_accuracy"),
            ("mobilenet-v2-100-160", "-8.8 points of test_accuracy for 1.95 times the test_throughput"),
            ("swin-large-patch4-window12-384", "0.0146 times the test_throughput for +7.4 points of test_accuracy"),
            ("mobilenet-v1-025-128", "-30 points of test_accuracy for 2.48 times the test_throughput"),
        ]
    );
    let numbers: Vec<_> =
        recommendation.alternatives[1].differences.iter().map(|d| (&*d.difference, d.ratio.as_deref())).collect();
    assert_eq!(numbers, [("-0.088", Some("0.901123595506")), ("19.5", Some("1.9512195122"))]);
}

#[test]
fn differences_of_values_that_are_not_shares_are_absolute() {
    let mut spec = spec();
    spec.objectives[0].goal = Goal::Minimize;
    let front = front(&spec, vec![both("a", "0.5", "10"), both("b", "0.6", "11"), both("c", "0.9", "11.5")]);
    let recommendation = front.recommendation.unwrap();
    assert_eq!(recommendation.candidate.as_deref(), Some("b"));
    let listed: Vec<_> = recommendation.alternatives.iter().map(|a| a.message.as_str()).collect();
    assert_eq!(
        listed,
        ["-1 of test_throughput for -0.1 of test_accuracy", "+0.3 of test_accuracy for +0.5 of test_throughput"]
    );
}

#[test]
fn the_best_rule_and_minimum_values_determine_the_recommendation() {
    let at_least = |metric: &str, value: &str| AtLeast { metric: metric.to_owned(), value: value.to_owned() };
    let recommended_by = |recommend: Recommend| {
        let front = front(&ModelSelectionSpec { recommend: Some(recommend), ..logarithmic() }, published());
        let recommendation = front.recommendation.unwrap();
        (recommendation.candidate, recommendation.rule, recommendation.message)
    };
    let (candidate, rule, message) = recommended_by(Recommend {
        rule: Some(RecommendationRule::Best),
        objective: Some("test_throughput".to_owned()),
        at_least: vec![at_least("test_accuracy", "0.83")],
    });
    assert_eq!((candidate.as_deref(), rule), (Some("mobilenet-v3-large-075-224"), RecommendationRule::Best));
    assert_eq!(
        message,
        "the best value of test_throughput, among the 5 of 7 members with test_accuracy of at least 0.83"
    );
    let (candidate, rule, message) =
        recommended_by(Recommend { at_least: vec![at_least("test_throughput", "40")], ..Recommend::default() });
    assert_eq!((candidate.as_deref(), rule), (Some("mobilenet-v2-100-160"), RecommendationRule::Knee));
    assert!(message.ends_with("among the 2 of 7 members with test_throughput of at least 40"), "{message}");
    let (candidate, _, message) = recommended_by(Recommend {
        at_least: vec![at_least("test_accuracy", "0.9"), at_least("test_throughput", "40")],
        ..Recommend::default()
    });
    assert_eq!(candidate, None);
    assert_eq!(
        message,
        "no member of the front has test_accuracy of at least 0.9 and test_throughput of at least 40; relax \
         `recommend.atLeast`"
    );
}

#[test]
fn at_least_is_a_maximum_for_minimized_objectives() {
    let mut spec = spec();
    spec.objectives[1].goal = Goal::Minimize;
    let bound = AtLeast { metric: "test_throughput".to_owned(), value: "5".to_owned() };
    spec.recommend = Some(Recommend { at_least: vec![bound], ..Recommend::default() });
    let front = front(&spec, vec![both("a", "0.9", "6"), both("b", "0.8", "5"), both("c", "0.1", "4")]);
    assert_eq!(recommended(&front), Some("b"));
}

/// An observed candidate.
fn observed(name: &str, metrics: &[(&str, &str)]) -> Candidate {
    let metrics = metrics.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let observed = Observed { metrics, ..Observed::default() };
    Candidate { name: name.to_owned(), observed: Some(observed), ..Candidate::default() }
}

#[test]
fn observed_candidates_can_be_on_the_front_without_a_run() {
    let mut spec = spec();
    spec.candidates = vec![
        observed("incumbent", &[("test_accuracy", "0.85"), ("test_throughput", "30")]),
        observed("vendor", &[("test_accuracy", "0.99"), ("test_throughput", "1")]),
    ];
    let mut runs = [both("a", "0.9", "40"), both("b", "0.85", "50"), both("c", "0.86", "31")];
    let front = fronts(&spec, &mut runs, &Tables::new()).remove(0);
    assert_eq!(members(&front), ["vendor", "a", "b"]);
    let marked: Vec<bool> = front.members.iter().map(|member| member.observed).collect();
    assert_eq!(marked, [true, false, false]);
    let listed: Vec<_> = front.observed.iter().map(|o| (&*o.candidate, o.pareto_rank, &*o.beaten_by)).collect();
    // `b` is no better in accuracy.
    assert_eq!(listed, [("incumbent", 2, &["a".to_owned(), "c".to_owned()][..]), ("vendor", 0, &[])]);
    assert_eq!(front.observed[0].beaten_by_count, 2);
    assert_eq!(runs.map(|run| run.pareto_rank), [Some(0), Some(0), Some(1)]);
}

#[test]
fn observed_candidates_may_lack_a_metric_or_a_dataset() {
    let mut spec = spec();
    let mut second = spec.datasets[0].clone();
    second.name = "flowers".into();
    spec.datasets.push(second);
    let of_flowers = ObservedDataset {
        name: "flowers".into(),
        metrics: [("test_throughput".to_owned(), "7".to_owned()), ("test_accuracy".to_owned(), "0.5".to_owned())]
            .into(),
        ..ObservedDataset::default()
    };
    let mut partly = observed("partly", &[("test_accuracy", "0.6")]);
    partly.observed.as_mut().unwrap().datasets.push(of_flowers.clone());
    let mut elsewhere = observed("flowers-only", &[]);
    elsewhere.observed.as_mut().unwrap().datasets.push(of_flowers);
    let infinite = observed("infinite", &[("test_accuracy", "inf"), ("test_throughput", "1")]);
    spec.candidates = vec![partly, elsewhere, infinite];
    let fronts = fronts(&spec, &mut [], &Tables::new());
    let excluded: Vec<_> = fronts[0].excluded.iter().map(|e| (e.candidate.as_str(), e.reason)).collect();
    assert_eq!(
        excluded,
        [("partly", ExclusionReason::MetricMissing), ("infinite", ExclusionReason::MetricNotFinite)],
        "a candidate without values for a dataset is not on its front"
    );
    assert_eq!(
        fronts[0].excluded[0].message,
        "`observed` has no 'test_throughput' for dataset 'caltech256'; add it to its `metrics`"
    );
    assert_eq!(members(&fronts[1]), ["partly", "flowers-only"]);
}

#[test]
fn an_unknown_dataset_is_reported() {
    let mut spec = spec();
    let mut misspelt = observed("incumbent", &[]);
    let metrics = [("test_accuracy".to_owned(), "0.5".to_owned())].into();
    let of_dataset = ObservedDataset { name: "caltech-256".into(), metrics, ..ObservedDataset::default() };
    misspelt.observed.as_mut().unwrap().datasets.push(of_dataset);
    spec.candidates.push(misspelt);
    assert_eq!(
        invalid(&spec).map(|problem| problem.message).as_deref(),
        Some(
            "candidate 'incumbent': `observed.datasets` has 'caltech-256', which is not one of `datasets`; did you mean \
             'caltech256'?"
        )
    );
    spec.candidates.pop();
    assert_eq!(invalid(&spec), None);
}

#[test]
fn derived_metrics_of_observed_candidates_are_computed_or_given() {
    let mut spec = spec();
    let expression = "test_throughput * 2.0".to_owned();
    spec.derived_metrics = vec![api::DerivedMetric { name: "images".into(), expression }];
    spec.objectives[1].metric = "images".into();
    spec.candidates = vec![
        observed("worked-out", &[("test_accuracy", "0.8"), ("test_throughput", "4")]),
        observed("given", &[("test_accuracy", "0.7"), ("images", "9")]),
        observed("neither", &[("test_accuracy", "0.7")]),
    ];
    let front = front(&spec, Vec::new());
    let values: Vec<_> = front.members.iter().map(|member| (&*member.candidate, &*member.values[1])).collect();
    assert_eq!(values, [("worked-out", "8"), ("given", "9")]);
    assert!(front.excluded[0].message.contains("'images' cannot be computed"), "{}", front.excluded[0].message);
}

#[test]
fn values_of_a_config_map_count_and_missing_ones_are_reported() {
    let from = |metric: &str, key: &str| MetricFrom {
        name: metric.to_owned(),
        config_map_key_ref: ConfigMapKey { name: "production".to_owned(), key: key.to_owned() },
    };
    let candidate = |name: &str, metrics: &[(&str, &str)], of_dataset: Vec<MetricFrom>| {
        let mut candidate = observed(name, metrics);
        let seen = candidate.observed.as_mut().unwrap();
        seen.metrics_from = vec![from("test_accuracy", "accuracy")];
        seen.datasets =
            vec![ObservedDataset { name: "caltech256".into(), metrics_from: of_dataset, ..ObservedDataset::default() }];
        candidate
    };
    let mut spec = spec();
    let expression = "test_throughput * 2.0".to_owned();
    spec.derived_metrics = vec![api::DerivedMetric { name: "images".into(), expression }];
    spec.objectives[1].metric = "images".into();
    spec.candidates = vec![
        candidate("incumbent", &[("test_accuracy", "0.1")], vec![from("test_throughput", "throughput")]),
        candidate("no-key", &[], vec![from("images", "images")]),
        candidate("no-input", &[], vec![from("test_throughput", "latency")]),
    ];
    let mut references = References::default();
    let data = [("accuracy", "0.87"), ("throughput", "30\n"), ("latency", "fast")];
    references.note("production", Ok(data.map(|(key, value)| (key.to_owned(), value.to_owned())).into()));
    assert_eq!(References::wanted(&spec).into_iter().collect::<Vec<_>>(), ["production"]);
    let front = fronts_with(&Derivations::new(&spec), &[], &mut [], &Tables::new(), &references).remove(0);
    let values: Vec<&str> = front.members[0].values.iter().map(String::as_str).collect();
    assert_eq!((members(&front), values), (vec!["incumbent"], vec!["0.87", "60"]));
    let [no_key, no_input] = front.excluded.as_slice() else { panic!("{front:#?}") };
    assert_eq!(no_key.reason, ExclusionReason::MetricMissing);
    assert_eq!(
        no_key.message,
        "'images': ConfigMap 'production' has no key 'images'; it has accuracy, latency, throughput"
    );
    assert!(no_input.message.contains("'images' cannot be computed"), "{}", no_input.message);
    assert!(
        no_input.message.ends_with("key 'latency' of ConfigMap 'production' must hold a decimal number, such as 0.87"),
        "{}",
        no_input.message
    );
}
