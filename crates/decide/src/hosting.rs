//! The serving containers of recommended models: what the spec defines, what is known already, and what is missing.

use super::status_bounds;
use api::{Candidate, Front, Hosting, ModelSelectionSpec, ModelSelectionStatus, RunStatus};

/// The serving container of a candidate, if the spec defines it. `None` for a JumpStart model, whose description does.
pub fn of_spec(spec: &ModelSelectionSpec, candidate: &Candidate) -> Option<Hosting> {
    let name = &candidate.name;
    if candidate.observed.is_some() {
        let message =
            format!("candidate '{name}' was measured elsewhere: there is no model of this selection to serve");
        return Some(Hosting::none(&message));
    }
    if let Some(job) = &candidate.tuning_job_name {
        let message = format!("which image serves the models of the tuning job '{job}' is not known; name it yourself");
        return Some(Hosting::none(&message));
    }
    let algorithm = candidate.algorithm.as_ref()?;
    let Some(image) = algorithm.training_image.clone() else {
        let message = format!(
            "candidate '{name}' is trained by an algorithm resource, which is served as a model package; create one from it \
             (aws sagemaker create-model-package --source-algorithm-specification)"
        );
        return Some(Hosting::none(&message));
    };
    // Like the SDK's generic estimator: the image that trained the model also serves it.
    let network_isolation = super::effective::training(spec, candidate)
        .ok()
        .and_then(|training| training.network_isolation)
        .unwrap_or_default();
    Some(status_bounds::hosting(Hosting { image: Some(image), network_isolation, ..Hosting::default() }))
}

/// The serving container of a JumpStart model, according to its description.
pub fn of_model(described: Option<Hosting>, model_id: &str, version: &str) -> Hosting {
    match described {
        Some(hosting) => status_bounds::hosting(hosting),
        None => Hosting::none(&format!(
            "the description of model '{model_id}' {version} names no image that serves it; name it yourself"
        )),
    }
}

/// The serving container in `last` for the model that `front` recommends, if it is still the model of the same run.
pub fn known(front: &Front, runs: &[RunStatus], last: &ModelSelectionStatus) -> Option<Hosting> {
    let before = last.fronts.iter().find(|before| before.dataset == front.dataset)?.recommendation.as_ref()?;
    let candidate = front.recommendation.as_ref()?.candidate.as_deref()?;
    let definition = |runs: &[RunStatus]| run(runs, candidate, &front.dataset)?.definition.clone();
    let same = before.candidate.as_deref() == Some(candidate) && definition(runs) == definition(&last.runs);
    before.hosting.clone().filter(|_| same)
}

/// The run of a candidate on a dataset.
pub fn run<'a>(runs: &'a [RunStatus], candidate: &str, dataset: &str) -> Option<&'a RunStatus> {
    runs.iter().find(|run| run.candidate == candidate && run.dataset == dataset)
}

/// Whether the serving container of a recommended model is still unknown.
pub fn is_open(fronts: &[Front]) -> bool {
    let recommended = fronts.iter().filter_map(|front| front.recommendation.as_ref());
    recommended.into_iter().any(|of| of.candidate.is_some() && of.hosting.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{Algorithm, Observed, Recommendation};
    use samples::spec;

    fn candidate(change: impl Fn(&mut Candidate)) -> Candidate {
        let mut candidate = Candidate { name: "one".into(), ..Candidate::default() };
        change(&mut candidate);
        candidate
    }

    #[test]
    fn the_spec_tells_what_serves_all_but_models_of_jumpstart() {
        let of = |change: fn(&mut Candidate)| of_spec(&spec(), &candidate(change));
        let image = of(|c| {
            let training_image = Some("registry/own:3".to_owned());
            c.algorithm = Some(Algorithm { training_image, ..Algorithm::default() });
        });
        assert_eq!(image, Some(Hosting { image: Some("registry/own:3".into()), ..Hosting::default() }));
        let why = |change: fn(&mut Candidate)| of(change).unwrap().message.unwrap();
        assert!(why(|c| c.algorithm = Some(Algorithm::default())).contains("create-model-package"));
        assert!(why(|c| c.tuning_job_name = Some("theirs".into())).contains("name it yourself"));
        assert!(why(|c| c.observed = Some(Observed::default())).contains("measured elsewhere"));
        assert_eq!(of(|c| c.jump_start = Some(api::JumpStart::default())), None);
    }

    #[test]
    fn what_is_too_long_for_the_status_is_said_instead() {
        let large = |length: usize| Hosting {
            image: Some("image".into()),
            environment: (0..5).map(|i| (format!("NAME_{i}"), "x".repeat(length))).collect(),
            ..Hosting::default()
        };
        assert_eq!(of_model(Some(large(800)), "m", "1.0.0"), large(800));
        for hosting in [large(1000), Hosting { image: Some("i".repeat(256)), ..Hosting::default() }] {
            let reported = of_model(Some(hosting), "m", "1.0.0");
            assert!(reported.image.is_none() && reported.message.unwrap().contains("too long"));
        }
        assert!(of_model(None, "m", "1.0.0").message.unwrap().contains("model 'm' 1.0.0 names no image"));
    }

    #[test]
    fn what_is_known_holds_for_the_same_candidate_with_the_same_definition() {
        let hosting = Hosting { image: Some("image".into()), ..Hosting::default() };
        let front = |hosting| Front {
            dataset: "birds".into(),
            recommendation: Some(Recommendation {
                candidate: Some("one".into()),
                hosting,
                ..Recommendation::default()
            }),
            ..Front::default()
        };
        let runs = |definition: &str| {
            let (candidate, dataset) = ("one".to_owned(), "birds".to_owned());
            vec![RunStatus { candidate, dataset, definition: Some(definition.into()), ..RunStatus::default() }]
        };
        let last = ModelSelectionStatus {
            fronts: vec![front(Some(hosting.clone()))],
            runs: runs("a"),
            ..ModelSelectionStatus::default()
        };
        let now = front(None);
        assert_eq!(known(&now, &runs("a"), &last), Some(hosting));
        assert_eq!(known(&now, &runs("b"), &last), None);
        let other = Front { dataset: "flowers".into(), ..now.clone() };
        assert_eq!(known(&other, &runs("a"), &last), None);
        assert!(is_open(&[now]) && !is_open(&last.fronts));
    }
}
