//! Suggests existing ids for an id that does not exist.
//!
//! Ids are compared word by word. Compared as whole strings, all ids are similar because of common parts such as
//! "tensorflow-ic-" and "-classification-4", and dissimilar because of the parts that people leave out.

use std::collections::{BTreeMap, HashMap, HashSet};

/// Number of ids to suggest.
const NAMED: usize = 3;
/// Smallest similarity (0 to 1) of related words: "mobilnet" and "mobilenet" are related, "ic" and "od" are not.
const RELATED: f64 = 0.6;
/// Smallest matching share of the written words for which an id is a probable suggestion.
const PROBABLE: f64 = 0.35;
/// Weight of the id's words that were not written: small, because people leave out more than they make up.
const REST: f64 = 0.25;
/// Weight of the similarity of the whole texts, which includes the order of the words and the separators.
const WHOLE: f64 = 0.25;
/// Weight of framework and task compared with the words of the model's name: people mix up the former.
const KIND: f64 = 0.5;

/// The ids nearest to an id that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest<'a> {
    /// Up to three, the nearest first. Empty only if there are no ids.
    pub ids: Vec<&'a str>,
    /// Whether the first one is probably meant. Otherwise it is only the least dissimilar one.
    pub probable: bool,
}

/// The ids nearest to `wanted`.
pub fn nearest<'a>(wanted: &str, ids: impl IntoIterator<Item = &'a str>) -> Nearest<'a> {
    let ids: Vec<(&str, Vec<String>)> = ids.into_iter().map(|id| (id, words(id))).collect();
    let weights = weights(&ids);
    let written = words(wanted);
    // Computed once per distinct word, not per id.
    let likeness: Vec<HashMap<&str, f64>> = written
        .iter()
        .map(|word| weights.keys().map(|known| (*known, related(word, known))).filter(|(_, l)| *l > 0.0).collect())
        .collect();
    // A written word weighs as much as the word of an id that it resembles; a word without a match weighs as much as
    // one that a tenth of the ids have.
    let unknown = weight(10, 1);
    let counts: Vec<f64> = likeness
        .iter()
        .map(|like| {
            let known = like.iter().map(|(known, likeness)| (*likeness, weights[known]));
            known.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))).map_or(unknown, |(_, weight)| weight)
        })
        .collect();
    let wanted = wanted.to_lowercase();
    let mut ranked: Vec<(f64, f64, &str)> = ids
        .iter()
        .map(|(id, words)| {
            let like = |written: usize, word: &str| likeness[written].get(word).copied().unwrap_or_default();
            let best = |all: &mut dyn Iterator<Item = f64>| all.fold(0.0, f64::max);
            let found =
                counts.iter().enumerate().map(|(at, count)| count * best(&mut words.iter().map(|word| like(at, word))));
            let found = share(found.sum(), counts.iter().sum());
            let covered = words
                .iter()
                .map(|word| weights[word.as_str()] * best(&mut (0..written.len()).map(|at| like(at, word))));
            let covered = share(covered.sum(), words.iter().map(|word| weights[word.as_str()]).sum());
            (found + REST * covered + WHOLE * alike(&wanted, id), found, *id)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(b.2)));
    ranked.truncate(NAMED);
    let probable = ranked.first().is_some_and(|(_, found, _)| *found >= PROBABLE);
    Nearest { ids: ranked.into_iter().map(|(_, _, id)| id).collect(), probable }
}

/// The weight of each word: a word that all ids have is worth nothing.
fn weights<'i>(ids: &'i [(&str, Vec<String>)]) -> BTreeMap<&'i str, f64> {
    let (mut having, mut kinds) = (BTreeMap::new(), HashSet::new());
    for (_, words) in ids {
        let distinct: HashSet<&str> = words.iter().map(String::as_str).collect();
        distinct.into_iter().for_each(|word| *having.entry(word).or_default() += 1);
        kinds.extend(words.iter().take(2).map(String::as_str).filter(|_| words.len() > 2));
    }
    let of = |(word, having)| (word, weight(ids.len(), having) * if kinds.contains(word) { KIND } else { 1.0 });
    having.into_iter().map(of).collect()
}

#[allow(clippy::cast_precision_loss)] // a thousand ids
fn weight(ids: usize, having: usize) -> f64 {
    (1.0 + ids as f64 / having as f64).ln()
}

/// The words of an id. A name and a number that follows it are two words, because people do not distinguish "resnet50"
/// and "resnet-50"; "v2" and "b5" are one word.
fn words(id: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in id.to_lowercase().split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty()) {
        let name = part.find(|letter: char| !letter.is_alphabetic()).unwrap_or(part.len());
        let (name, number) = if name > 1 { part.split_at(name) } else { (part, "") };
        words.extend([name, number].into_iter().filter(|word| !word.is_empty()).map(str::to_owned));
    }
    words
}

fn related(a: &str, b: &str) -> f64 {
    let likeness = alike(a, b);
    if likeness < RELATED { 0.0 } else { likeness }
}

/// The similarity of two words: 1 for equal ones, 0 for nothing in common.
#[allow(clippy::cast_precision_loss)] // ids are short
fn alike(a: &str, b: &str) -> f64 {
    1.0 - share(strsim::osa_distance(a, b) as f64, a.chars().count().max(b.chars().count()) as f64)
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The ids of all image classification models, as recorded from the hub.
    fn hub() -> Vec<String> {
        let manifest = include_str!("../../../tests/fixtures/jumpstart-models-manifest.ic.json");
        let listed: Vec<serde_json::Value> = serde_json::from_str(manifest).unwrap();
        let ids = listed.iter().map(|model| model["model_id"].as_str().unwrap().to_owned());
        let ids: BTreeSet<String> = ids.filter(|id| id.contains("-ic-")).collect();
        assert_eq!(ids.len(), 162);
        ids.into_iter().collect()
    }

    #[test]
    fn realistic_mistakes_get_the_id_that_was_meant() {
        let hub = hub();
        for (wrong, meant) in [
            // Short names, with and without typos.
            ("tensorflow-ic-mobilnet", "tensorflow-ic-imagenet-mobilenet-"),
            ("tensorflow-ic-mobilenet-v2", "tensorflow-ic-imagenet-mobilenet-v2-"),
            ("tensorflow-ic-mobilenet-v3-large", "tensorflow-ic-imagenet-mobilenet-v3-large-"),
            ("tensorflow-ic-resnet50", "tensorflow-ic-resnet-50-classification-1"),
            ("tensorflow-ic-efficientnet-v2-b3", "tensorflow-ic-efficientnet-v2-imagenet1k-b3"),
            ("tensorflow-ic-inception-v3", "tensorflow-ic-imagenet-inception-v3-classification-4"),
            ("tensorflow-ic-deit-tiny", "tensorflow-ic-deit-tiny-patch16-224"),
            ("pytorch-ic-resnet", "pytorch-ic-resnet"),
            ("pytorch-ic-squeezenet", "pytorch-ic-squeezenet1-"),
            // Without framework and task.
            ("efficientnet-b5", "tensorflow-ic-efficientnet-b5-classification-1"),
            ("mobilenet-v2-100-224", "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"),
            ("mobilenet", "pytorch-ic-mobilenet-v2"),
            // Without the last part, or with a wrong one.
            (
                "tensorflow-ic-imagenet-mobilenet-v2-100-224",
                "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4",
            ),
            (
                "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-5",
                "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4",
            ),
            // As written in the developer guide.
            ("tensorflow-ic-imagenet-resnet-50-classification-4", "tensorflow-ic-resnet-50-classification-1"),
            // Typos.
            (
                "tensorflow-ic-imagenet-mobilenet-v2-100-224-clasification-4",
                "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4",
            ),
            ("tenosrflow-ic-swin-base", "tensorflow-ic-swin-base-patch4-window7-224"),
            ("pytorch-ic-vgg61", "pytorch-ic-vgg16"),
            // Separators and case.
            ("pytorch-ic-vgg-16", "pytorch-ic-vgg16"),
            ("efficientnetb5", "tensorflow-ic-efficientnet-b5-classification-1"),
            ("EfficientNet_B5", "tensorflow-ic-efficientnet-b5-classification-1"),
            ("PyTorch-IC-ResNet50", "pytorch-ic-resnet50"),
            // Another framework, or another task.
            ("pytorch-ic-efficientnet-b5-classification-1", "tensorflow-ic-efficientnet-b5-classification-1"),
            ("tensorflow-ic-densenet121", "pytorch-ic-densenet121"),
            ("tensorflow-ic-resnext50", "pytorch-ic-resnext50-32x4d"),
            (
                "tensorflow-od-imagenet-mobilenet-v2-100-224-classification-4",
                "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4",
            ),
            ("model-imageclassification-mobilenet-v2", "pytorch-ic-mobilenet-v2"),
        ] {
            let nearest = nearest(wrong, hub.iter().map(String::as_str));
            assert!(nearest.probable && nearest.ids.len() == 3, "{wrong}: {nearest:?}");
            assert!(nearest.ids.iter().any(|id| id.starts_with(meant)), "{wrong}: {nearest:?}");
        }
    }

    #[test]
    fn a_name_that_resembles_no_id_is_reported_as_such() {
        let mut hub = hub();
        for wrong in ["huggingface-bert", "meta-textgeneration-llama-2-7b", "xgboost-classification-model", "zzz", "-"]
        {
            let nearest = nearest(wrong, hub.iter().map(String::as_str));
            assert!(!nearest.probable && nearest.ids.len() == 3, "{wrong}: {nearest:?}");
        }
        assert_eq!(nearest("zzz", []), Nearest { ids: Vec::new(), probable: false });
        hub.extend(["huggingface-tc-bert-base-cased", "huggingface-llm-falcon-7b"].map(str::to_owned));
        let nearest = nearest("huggingface-bert", hub.iter().map(String::as_str));
        assert!(nearest.probable && nearest.ids[0] == "huggingface-tc-bert-base-cased", "{nearest:?}");
    }

    #[test]
    fn the_order_of_the_ids_does_not_matter() {
        let mut hub = hub();
        let before = nearest("tensorflow-ic-mobilnet", hub.iter().map(String::as_str)).ids.join(" ");
        hub.reverse();
        assert_eq!(nearest("tensorflow-ic-mobilnet", hub.iter().map(String::as_str)).ids.join(" "), before);
    }
}
