//! The short fields of the status, for people and printer columns.

use super::derived::Derivations;
use super::status_bounds::{self, is_bounded};
use api::{Counts, Front, RunState, RunStatus, bounds, clip};

/// Longest list of recommended candidates, in characters: with it, the columns of `kubectl get` fit into 80 characters.
const COLUMN: usize = 18;
/// Most recommended candidates that are named.
const RECOMMENDED_MAX: usize = 2;

/// Makes the runs acceptable for the API server, whatever SageMaker has reported. In a large selection, drops the
/// metrics that the spec does not refer to; they remain available at SageMaker.
pub fn bounded(derivations: &Derivations<'_>, runs: &mut [RunStatus]) {
    let (wanted, is_bounded) = (derivations.metrics_wanted(), is_bounded(derivations.spec()));
    for run in runs {
        if let Some(best) = run.best.as_mut().filter(|_| is_bounded) {
            status_bounds::keep_metrics(best, &wanted);
        }
        status_bounds::run(run, &wanted);
    }
}

/// Numbers of runs by state.
pub fn counts(runs: &[RunStatus]) -> Counts {
    let count = |wanted: fn(RunState) -> bool| {
        i32::try_from(runs.iter().filter(|run| wanted(run.state)).count()).unwrap_or(i32::MAX)
    };
    Counts {
        total: count(|_| true),
        waiting: count(|state| state == RunState::Waiting),
        running: count(RunState::active),
        succeeded: count(|state| state == RunState::Succeeded),
        failed: count(|state| state == RunState::Failed),
        stopped: count(|state| state == RunState::Stopped),
    }
}

/// `ended/total`, and the number of failed runs, if there are any.
pub fn progress(counts: &Counts) -> String {
    let failed = if counts.failed > 0 { format!(", {} failed", counts.failed) } else { String::new() };
    format!("{}/{}{failed}", counts.succeeded + counts.failed + counts.stopped, counts.total)
}

/// The recommended candidates of the fronts, each once, for a column of a table: such as `mobilenet` or
/// `mobilenet,resnet`. If they are too long together, each is shortened; if there are too many, the last ones are only
/// counted.
pub fn recommended(fronts: &[Front]) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for front in fronts {
        let name = front.recommendation.as_ref().and_then(|recommendation| recommendation.candidate.as_deref());
        names.extend(name.filter(|name| !names.contains(name)));
    }
    let shown = &names[..names.len().min(RECOMMENDED_MAX)];
    let more = names.len() - shown.len();
    let commas = shown.len().saturating_sub(1);
    let room = (COLUMN - commas) / shown.len().max(1);
    let fits = shown.iter().map(|name| name.len()).sum::<usize>() + commas <= COLUMN;
    let shown: Vec<String> =
        shown.iter().map(|name| if fits { (*name).to_owned() } else { shortened(name, room) }).collect();
    let more = if more > 0 { format!(" +{more}") } else { String::new() };
    (!shown.is_empty()).then(|| format!("{}{more}", shown.join(",")))
}

/// A name of at most `room` characters, shortened in the middle, because models of a family differ at the end.
fn shortened(name: &str, room: usize) -> String {
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= room {
        return name.to_owned();
    }
    let (kept, gap) = (room.saturating_sub(2), "..");
    let (before, after) = (kept / 2, kept - kept / 2);
    characters[..before]
        .iter()
        .copied()
        .chain(gap.chars())
        .chain(characters[characters.len() - after..].iter().copied())
        .collect()
}

/// The sizes of the fronts, such as `20` or `20,7`; `None` while all are empty.
pub fn front_sizes(fronts: &[Front]) -> Option<String> {
    let size = |front: &Front| front.members.len() + usize::try_from(front.omitted_members).unwrap_or_default();
    let sizes: Vec<String> = fronts.iter().map(|front| size(front).to_string()).collect();
    sizes.iter().any(|size| size != "0").then(|| clip(&sizes.join(","), bounds::FRONT_SIZES))
}

/// Such as `12 of 21 runs ended: 11 succeeded, 1 failed; 8 running, 1 waiting`; states without a run are left out.
pub fn sentence(counts: &Counts) -> String {
    let Counts { total, waiting, running, succeeded, failed, stopped } = *counts;
    let list = |parts: &[(i32, &str)]| {
        let words: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        words.join(", ")
    };
    let ended = list(&[(succeeded, "succeeded"), (failed, "failed"), (stopped, "stopped")]);
    let open = list(&[(running, "running"), (waiting, "waiting")]);
    let mut text = format!("{} of {total} runs ended", succeeded + failed + stopped);
    if !ended.is_empty() {
        text += &format!(": {ended}");
    }
    if !open.is_empty() {
        text += &format!("; {open}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_would_be_too_large_keeps_the_metrics_of_the_spec() {
        use api::{Algorithm, BestTrainingJob, MetricValue};
        let mut spec = samples::spec();
        let expression = "metrics['a-latency'] * 2".to_owned();
        spec.derived_metrics = vec![api::DerivedMetric { name: "derived".into(), expression }];
        let names = ["a-latency", "test_accuracy", "test_throughput", "val_accuracy"].map(str::to_owned);
        let others = (0..36).map(|n| format!("other_{n}"));
        let metrics: Vec<MetricValue> =
            names.iter().cloned().chain(others).map(|name| MetricValue { name, value: "1".into() }).collect();
        let run = RunStatus { best: Some(BestTrainingJob { metrics, ..Default::default() }), ..Default::default() };
        let kept = |spec: &api::ModelSelectionSpec| {
            let mut runs = [run.clone()];
            bounded(&Derivations::new(spec), &mut runs);
            // The next pass does it again.
            bounded(&Derivations::new(spec), &mut runs);
            runs[0].best.take().unwrap()
        };
        spec.candidates = vec![spec.candidates[0].clone(); 200];
        let whole = kept(&spec);
        assert_eq!((whole.metrics.len(), whole.metrics_omitted), (40, 0));
        let small = spec.clone();
        spec.candidates.push(spec.candidates[0].clone());
        let fewer = kept(&spec);
        assert_eq!(
            fewer.metrics.iter().map(|metric| &metric.name).collect::<Vec<_>>(),
            names.iter().collect::<Vec<_>>()
        );
        assert_eq!(fewer.metrics_omitted, 36);
        // An edit makes the selection small again, and asks for another metric.
        let ended = |best| RunStatus { state: RunState::Succeeded, best: Some(best), ..RunStatus::default() };
        let lacks = |spec: &api::ModelSelectionSpec, best| Derivations::new(spec).lack_input_of(&ended(best));
        assert!(!lacks(&small, fewer.clone()));
        let mut other = small;
        other.objectives[0].metric = "other_1".into();
        assert!(lacks(&other, fewer));
        other.objectives[0].metric = "no_such_metric".into();
        assert!(!lacks(&other, whole), "the training job did not emit it");
        // The same number of own images, with few metrics, has room for all metrics.
        let algorithm = Algorithm { training_image: Some("image".into()), ..Algorithm::default() };
        let own = api::Candidate { algorithm: Some(algorithm), ..api::Candidate::default() };
        spec.candidates.fill(own);
        assert!(!is_bounded(&spec));
    }

    #[test]
    fn sentences_leave_out_zeros() {
        let counts = Counts { total: 21, waiting: 1, running: 8, succeeded: 11, failed: 1, stopped: 0 };
        assert_eq!(sentence(&counts), "12 of 21 runs ended: 11 succeeded, 1 failed; 8 running, 1 waiting");
        assert_eq!(progress(&counts), "12/21, 1 failed");
        let waiting = Counts { total: 2, waiting: 2, ..Counts::default() };
        assert_eq!((sentence(&waiting).as_str(), progress(&waiting).as_str()), ("0 of 2 runs ended; 2 waiting", "0/2"));
    }

    #[test]
    fn the_column_covers_every_dataset() {
        let shown_fronts = |names: &[&str]| {
            let front = |name: &&str| {
                let candidate = Some((*name).to_owned()).filter(|name| !name.is_empty());
                let recommendation = Some(api::Recommendation { candidate, ..Default::default() });
                Front { recommendation, ..Front::default() }
            };
            recommended(&names.iter().map(front).collect::<Vec<_>>())
        };
        for (names, shown) in [
            (&[][..], None),
            (&[""], None),
            (&["mobilenet"], Some("mobilenet")),
            (&["mobilenet", "mobilenet"], Some("mobilenet")),
            (&["mobilenet", "", "swin"], Some("mobilenet,swin")),
            (&["efficientnet-v2-imagenet21k-ft1k-b0"], Some("efficien..-ft1k-b0")),
            (&["mobilenet-v2-100-160", "efficientnet-b5"], Some("mob..160,eff..-b5")),
            (&["a", "b", "c", "d"], Some("a,b +2")),
        ] {
            assert_eq!(shown_fronts(names).as_deref(), shown, "{names:?}");
            assert!(shown.is_none_or(|shown| shown.len() <= COLUMN + " +31".len()), "{shown:?}");
        }
    }
}
