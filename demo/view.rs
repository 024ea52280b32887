//! A status as text: pure.

use std::fmt::Write as _;

use api::{ConditionType, ModelSelectionStatus, RunState, RunStatus};

#[cfg(test)]
mod tests;

/// Columns of a terminal whose width is not known, and the most that any line has.
pub(crate) const WIDTH: usize = 79;
const BAR: usize = 20;

/// Some lines that can be redrawn in place: none is wider than `width`, or the terminal would make two of it.
pub(crate) fn progress(status: &ModelSelectionStatus, width: usize) -> String {
    let counts = status.counts.unwrap_or_default();
    let total = usize::try_from(counts.total).unwrap_or_default().max(1);
    let ended = usize::try_from(counts.succeeded + counts.failed + counts.stopped).unwrap_or_default();
    let running = usize::try_from(counts.running).unwrap_or_default();
    let (done, busy) = (ended * BAR / total, running * BAR / total);
    let bar = format!("{}{}{}", "█".repeat(done), "▒".repeat(busy), "░".repeat(BAR.saturating_sub(done + busy)));
    let active: Vec<&str> = runs_in(status, RunState::Running).map(|run| run.candidate.as_str()).collect();
    let front = status.front_sizes.as_deref().unwrap_or("0");
    let best = status.recommended.as_deref().unwrap_or("-");
    let mut text = clipped(&format!("  {bar} {ended}/{total}  front: {front}  best: {best}"), width);
    if !active.is_empty() {
        text = format!("{text}\n{}", clipped(&format!("  running: {}", active.join(", ")), width));
    }
    text
}

/// One line.
pub(crate) fn line(status: &ModelSelectionStatus) -> String {
    let ready = status.conditions.iter().find(|condition| condition.type_ == ConditionType::Ready.as_str());
    ready.map_or_else(|| "not seen yet".to_owned(), |ready| format!("  {}: {}", ready.reason, ready.message))
}

/// A table of the runs, in the order of the spec.
pub(crate) fn runs(status: &ModelSelectionStatus) -> String {
    let mut text = format!(
        "{:<36} {:<9} {:>6} {:>8} {:>10} {:>5}\n",
        "CANDIDATE", "STATE", "TRIALS", "ACCURACY", "THROUGHPUT", "RANK"
    );
    for run in &status.runs {
        let metric = |name: &str| metric(run, name).unwrap_or("-").to_owned();
        let trials = run.training_jobs.map_or(0, |jobs| jobs.completed);
        let rank = run.pareto_rank.map_or_else(|| "-".to_owned(), |rank| rank.to_string());
        let rank = if rank == "0" { "front".to_owned() } else { rank };
        let _ = writeln!(
            text,
            "{:<36} {:<9} {trials:>6} {:>8} {:>10} {rank:>5}",
            clipped(&run.candidate, 36),
            format!("{:?}", run.state),
            clipped(&metric("test_accuracy"), 8),
            clipped(&metric("test_throughput"), 10),
        );
    }
    text + "RANK: front: no other is better in both; 1: so without the front; and so on.\n\
            THROUGHPUT: batches a second, as the training script logs it.\n"
}

/// The fronts, drawn: throughput to the right on a logarithmic axis, accuracy upwards.
pub(crate) fn fronts(status: &ModelSelectionStatus) -> String {
    const COLUMNS: usize = 64;
    const HEIGHT: usize = 12;
    let mut text = String::new();
    for front in &status.fronts {
        let recommended = front.recommendation.as_ref().and_then(|chosen| chosen.candidate.as_deref());
        let points: Vec<(f64, f64, &str)> = front
            .members
            .iter()
            .filter_map(|member| {
                let value = |i: usize| member.values.get(i)?.value.parse::<f64>().ok();
                Some((value(1)?.ln(), value(0)?, member.candidate.as_str()))
            })
            .collect();
        let _ = writeln!(text, "Front of {}: {} of {} runs", front.dataset, front.members.len(), status.runs.len());
        let range = |values: Vec<f64>| {
            let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
            (low, (high - low).max(f64::EPSILON))
        };
        let (left, width) = range(points.iter().map(|p| p.0).collect());
        let (bottom, height) = range(points.iter().map(|p| p.1).collect());
        let mut grid = vec![vec![' '; COLUMNS]; HEIGHT];
        for (x, y, name) in &points {
            let column = place((x - left) / width, COLUMNS);
            let row = HEIGHT - 1 - place((y - bottom) / height, HEIGHT);
            let best = recommended == Some(*name);
            if grid[row][column] != '★' {
                grid[row][column] = if best { '★' } else { '●' };
            }
        }
        let _ = writeln!(text, "  accuracy {:.3}", bottom + height);
        for row in grid {
            let _ = writeln!(text, "  │{}", row.into_iter().collect::<String>().trim_end());
        }
        let _ = writeln!(text, "  └{}", "─".repeat(COLUMNS));
        let _ = writeln!(
            text,
            "  {:.3}, throughput {:.1} to {:.1} (logarithmic)",
            bottom,
            left.exp(),
            (left + width).exp()
        );
        if let Some(best) = recommended {
            let _ = writeln!(text, "  ★ recommended: {best}");
        }
        for alternative in front.recommendation.iter().flat_map(|recommendation| &recommendation.alternatives) {
            let _ = writeln!(text, "    {}:\n      {}", alternative.candidate, alternative.message);
        }
        for excluded in &front.excluded {
            let _ = writeln!(text, "  excluded: {} ({:?})", excluded.candidate, excluded.reason);
        }
    }
    text
}

/// The runs for other programs: metrics of all names as columns.
pub(crate) fn csv(status: &ModelSelectionStatus) -> String {
    let mut names: Vec<&str> = Vec::new();
    for metric in status.runs.iter().filter_map(|run| run.best.as_ref()).flat_map(|best| &best.metrics) {
        if !names.contains(&metric.name.as_str()) {
            names.push(&metric.name);
        }
    }
    names.sort_unstable();
    let mut text = format!("candidate,dataset,state,rank,{}\n", names.join(","));
    for run in &status.runs {
        let metrics: Vec<&str> = names.iter().map(|name| metric(run, name).unwrap_or_default()).collect();
        let rank = run.pareto_rank.map(|rank| rank.to_string()).unwrap_or_default();
        let _ = writeln!(text, "{},{},{:?},{rank},{}", run.candidate, run.dataset, run.state, metrics.join(","));
    }
    text
}

/// The time that all best training jobs took together.
pub(crate) fn training_time(status: &ModelSelectionStatus) -> String {
    let seconds: i64 = status.runs.iter().filter_map(|run| run.best.as_ref()?.training_seconds).map(i64::from).sum();
    format!("{} h {:02} min in the best training jobs alone", seconds / 3600, seconds / 60 % 60)
}

fn metric<'a>(run: &'a RunStatus, name: &str) -> Option<&'a str> {
    run.best.as_ref()?.metrics.iter().find(|metric| metric.name == name).map(|metric| metric.value.as_str())
}

fn runs_in(status: &ModelSelectionStatus, state: RunState) -> impl Iterator<Item = &RunStatus> {
    status.runs.iter().filter(move |run| run.state == state)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn place(share: f64, cells: usize) -> usize {
    (share * (cells - 1) as f64).round() as usize
}

fn clipped(text: &str, width: usize) -> String {
    if text.chars().count() <= width { text.to_owned() } else { text.chars().take(width - 1).chain(['…']).collect() }
}
