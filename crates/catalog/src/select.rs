//! Determines the models that a selector finds.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use wildmatch::WildMatch;

use super::model::Model;
use api::JumpStartSelector;
use sagemaker::ListedModel;

/// Most tasks or frameworks that a message lists.
const KINDS: usize = 20;

/// Why a deprecated model is left out.
pub const DEPRECATED: &str = "are deprecated (`includeDeprecated`)";

/// The result of a selector for a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching<'a> {
    /// The models that match every clause, by id.
    pub models: Vec<&'a ListedModel>,
    /// How many models each clause leaves, as text.
    pub summary: String,
}

/// The models of `listing` that pass every clause of `selector` about their ids; see [`withdrawn`] and [`unusable`] for
/// the rest.
pub fn matching<'a>(selector: &JumpStartSelector, listing: &'a [ListedModel]) -> Matching<'a> {
    let JumpStartSelector { task, framework, include, exclude, .. } = selector;
    let patterns = |globs: &[String]| globs.iter().map(|glob| WildMatch::new(glob)).collect::<Vec<_>>();
    let (included, excluded) = (patterns(include), patterns(exclude));
    let mut models: Vec<&ListedModel> = listing.iter().collect();
    let mut summary = format!("JumpStart lists {} models", models.len());
    let mut of = |kind: &str, wanted: &str, part: fn(&str) -> &str| {
        let before = models.clone();
        models.retain(|listed| part(&listed.model_id) == wanted);
        summary += &format!("; of {kind} '{wanted}': {}", models.len());
        if models.is_empty() && !before.is_empty() {
            summary += &format!(" (there are {})", counted(before.iter().map(|listed| part(&listed.model_id))));
        }
    };
    if let Some(task) = task {
        of("task", task, |id| parts(id).1);
    }
    if let Some(framework) = framework {
        of("framework", framework, |id| parts(id).0);
    }
    let mut clause = |what: String, passes: &dyn Fn(&ListedModel) -> bool| {
        models.retain(|listed| passes(listed));
        summary += &format!("; {what}: {}", models.len());
    };
    if !include.is_empty() {
        let any = |listed: &ListedModel| included.iter().any(|glob| glob.matches(&listed.model_id));
        clause(format!("that match `include` ({})", include.join(", ")), &any);
    }
    if !exclude.is_empty() {
        let none = |listed: &ListedModel| !excluded.iter().any(|glob| glob.matches(&listed.model_id));
        clause(format!("without those that match `exclude` ({})", exclude.join(", ")), &none);
    }
    Matching { models, summary }
}

/// [`DEPRECATED`], unless the selector includes such models or the deprecation is unknown.
pub fn withdrawn(selector: &JumpStartSelector, deprecated: Option<bool>) -> Option<&'static str> {
    (deprecated == Some(true) && !selector.include_deprecated).then_some(DEPRECATED)
}

/// Why the description of a model excludes it, if it does. Conditions that a listing may also contain are checked
/// first, so that the result does not depend on the source.
pub fn unusable(selector: &JumpStartSelector, model: &Model) -> Option<&'static str> {
    let withdrawn = withdrawn(selector, Some(model.deprecated));
    withdrawn.or(match model {
        Model { trainable: false, .. } => Some("cannot be trained"),
        Model { vulnerable: true, .. } if !selector.include_vulnerable => {
            Some("have known vulnerabilities (`includeVulnerable`)")
        }
        Model { gated: true, .. } if !selector.accept_eula => Some("need their license accepted (`acceptEULA`)"),
        _ => None,
    })
}

/// The existing values, those with the most models first: `ic: 162, od: 40 and 3 more`.
fn counted<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    values.filter(|value| !value.is_empty()).for_each(|value| *counts.entry(value).or_default() += 1);
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let shown: Vec<String> = counts.iter().take(KINDS).map(|(value, count)| format!("{value}: {count}")).collect();
    match counts.len().saturating_sub(KINDS) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Framework and task, which are the first two parts of an id, as in the vendor's SDK. Ids with fewer than three parts
/// have neither.
fn parts(model_id: &str) -> (&str, &str) {
    let mut parts = model_id.split('-');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(framework), Some(task), Some(_)) => (framework, task),
        _ => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Vec<ListedModel> {
        [
            "huggingface-llm-falcon-7b",
            "pytorch-ic-alexnet",
            "tensorflow-ic-mobilenet-v1",
            "tensorflow-ic-mobilenet-v2",
            "tensorflow-ic-resnet-50",
            "tensorflow-od-ssd",
            "xgboost-ic",
        ]
        .map(|id| ListedModel { model_id: id.to_owned(), version: "1.0.0".to_owned(), deprecated: None })
        .to_vec()
    }

    fn found(selector: serde_json::Value) -> (Vec<String>, String) {
        let listing = listing();
        let Matching { models, summary } = matching(&serde_json::from_value(selector).unwrap(), &listing);
        (models.iter().map(|listed| listed.model_id.clone()).collect(), summary)
    }

    #[test]
    fn every_clause_counts() {
        use serde_json::json;
        let ids = |selector| found(selector).0;
        assert_eq!(ids(json!({})).len(), 7);
        assert_eq!(ids(json!({"task": "ic", "framework": "pytorch"})), ["pytorch-ic-alexnet"]);
        assert_eq!(ids(json!({"task": "ic"})).len(), 4);
        assert_eq!(
            ids(json!({"include": ["*mobilenet*", "*-50"]})),
            ["tensorflow-ic-mobilenet-v1", "tensorflow-ic-mobilenet-v2", "tensorflow-ic-resnet-50"]
        );
        assert_eq!(ids(json!({"task": "ic", "exclude": ["*mobilenet-v?", "pytorch-*"]})), ["tensorflow-ic-resnet-50"]);
        assert_eq!(ids(json!({"include": ["mobilenet"]})), [""; 0]); // a pattern must match the whole id
    }

    #[test]
    fn deprecated_models_are_excluded_whichever_source_says_so() {
        let selector = |more: serde_json::Value| serde_json::from_value::<JumpStartSelector>(more).unwrap();
        let (plain, all) = (selector(serde_json::json!({})), selector(serde_json::json!({"includeDeprecated": true})));
        let model = Model { deprecated: true, trainable: false, ..Model::default() };
        let why = unusable(&plain, &model);
        assert!(why.unwrap().contains("deprecated"), "{why:?}");
        assert_eq!(withdrawn(&plain, Some(true)), why);
        assert_eq!(unusable(&all, &model), Some("cannot be trained"));
        for (selector, deprecated) in [(&plain, Some(false)), (&plain, None), (&all, Some(true))] {
            assert_eq!(withdrawn(selector, deprecated), None);
        }
    }

    #[test]
    fn the_number_of_models_that_each_clause_leaves_is_reported() {
        let selector = serde_json::json!({"task": "ic", "framework": "tensorflow", "include": ["*vit*"]});
        assert_eq!(
            found(selector).1,
            "JumpStart lists 7 models; of task 'ic': 4; of framework 'tensorflow': 3; that match `include` (*vit*): 0"
        );
    }

    #[test]
    fn an_unknown_kind_gets_the_list_of_kinds() {
        use serde_json::json;
        assert_eq!(
            found(json!({"task": "classification"})).1,
            "JumpStart lists 7 models; of task 'classification': 0 (there are ic: 4, llm: 1, od: 1)"
        );
        assert_eq!(
            found(json!({"task": "ic", "framework": "TensorFlow", "include": ["*"]})).1,
            "JumpStart lists 7 models; of task 'ic': 4; of framework 'TensorFlow': 0 (there are tensorflow: 3, \
             pytorch: 1); that match `include` (*): 0"
        );
        assert_eq!(counted(["", "b", "a", "b"].into_iter()), "b: 2, a: 1");
        let many: Vec<String> = (0..30).map(|n| format!("t{n:02}")).collect();
        assert!(counted(many.iter().map(String::as_str)).ends_with(", t19: 1 and 10 more"));
    }
}
