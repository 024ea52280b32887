//! Formats the views as pages.

mod plan;

pub use plan::effect;

use api::{ModelSelection, Objective, RecommendationRule, RunState};
use jiff::Timestamp;

use crate::advice::{reason, remedy};
use crate::front::{FrontView, fronts};
use crate::page::{Column, Page, Table, Text, Tone};
use crate::plot::{Plot, arrow, in_characters};
use crate::runs::{Mark, Run, by_interest, runs};
use crate::summary::{Summary, summary};
use crate::text::{count, duration, number};
use crate::waiting_runs::waiting;

/// Most rows of the table of runs, unless all are requested.
const ROWS: usize = 20;
/// Most objectives in a narrow table.
const OBJECTIVES: usize = 3;
/// The legend below every table with marks.
const LEGEND: &str = "★ recommended  ● front  ○ dominated  × excluded";

/// How much a page shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extent {
    /// All rows, including dominated and excluded ones.
    pub all: bool,
    /// All columns.
    pub wide: bool,
}

/// All selections, one row each.
pub fn list(summaries: &[Summary], namespaces: bool, wide: bool) -> Page {
    let mut columns = vec![("NAME", Column::Name(20)), ("STATUS", Column::Fixed), ("RUNS", Column::Fixed)];
    if namespaces {
        columns.insert(0, ("NAMESPACE", Column::Fixed));
    }
    columns.extend([
        ("FRONT", Column::Fixed),
        ("BEST", Column::Name(12)),
        ("TIME", Column::Fixed),
        ("LEFT", Column::Fixed),
    ]);
    if wide {
        columns.push(("MESSAGE", Column::Flexible));
    }
    let mut table = Table::new(&columns);
    for summary in summaries {
        let mut row: Vec<Text> = Vec::new();
        if namespaces {
            row.push((&summary.namespace).into());
        }
        row.extend([
            Text::from(&summary.name),
            Text::from(&summary.reason).tone(tone(summary)),
            format!("{}/{}", summary.ended(), summary.counts.total).into(),
            summary.front.as_deref().unwrap_or("-").into(),
            summary.best.as_deref().unwrap_or("-").into(),
            summary.elapsed_seconds.map_or("-".to_owned(), duration).into(),
            summary.remaining_seconds.map_or("-".to_owned(), |left| format!("~{}", duration(left))).into(),
        ]);
        if wide {
            row.push((&summary.message).into());
        }
        table.rows.push(row);
    }
    let mut page = Page::default();
    page.table(table);
    page
}

fn tone(summary: &Summary) -> Tone {
    if summary.stalled {
        Tone::Bad
    } else if summary.complete {
        Tone::Good
    } else {
        Tone::Plain
    }
}

/// One selection: its state, what waits and why, and its runs.
pub fn status(selection: &ModelSelection, now: Timestamp, extent: Extent) -> Page {
    let summary = summary(selection, now);
    let mut page = Page::default();
    headline(&mut page, selection, &summary);
    waits(&mut page, selection);
    let runs = by_interest(runs(selection));
    if !runs.is_empty() {
        page.gap();
        run_table(&mut page, selection, &runs, extent);
    }
    page
}

/// The selection in one line, its best candidates, and the message of its condition.
fn headline(page: &mut Page, selection: &ModelSelection, summary: &Summary) {
    let mut line = vec![
        Text::from(&summary.name).tone(Tone::Strong),
        "  ".into(),
        Text::from(&summary.reason).tone(tone(summary)),
        format!("  {}/{} runs", summary.ended(), summary.counts.total).into(),
    ];
    if let Some(front) = &summary.front {
        line.push(format!("  {front} on the front").into());
    }
    line.extend(summary.elapsed_seconds.map(|elapsed| format!("  {}", duration(elapsed)).into()));
    line.extend(summary.remaining_seconds.map(|left| format!(", ~{} left", duration(left)).into()));
    line.push(format!("  ready: {}", summary.ready).into());
    page.line(line);
    if let Some(best) = &summary.best {
        let rule = selection.spec.recommend.as_ref().and_then(|recommend| recommend.rule).unwrap_or_default();
        let (how, among) =
            match (rule, selection.spec.recommend.as_ref().and_then(|recommend| recommend.objective.as_ref())) {
                (RecommendationRule::Best, Some(metric)) => ("best ", vec![metric.clone()]),
                _ => ("knee of ", selection.spec.objectives.iter().map(title).collect()),
            };
        let what = if summary.complete { "recommended" } else { "best so far" };
        page.line([format!("{what}  {best}").into(), format!("  ({how}{})", among.join(", ")).into()]);
    }
    if !summary.complete || summary.stalled {
        page.paragraph(&summary.message);
        if let Some(remedy) = reason(&summary.reason).and_then(remedy) {
            page.paragraph(format!("→ {}", remedy.replace("NAME", &summary.name)));
        }
    }
}

/// The name of an objective with its direction.
pub fn title(objective: &Objective) -> String {
    format!("{}{}", objective.metric, arrow(objective.goal))
}

fn waits(page: &mut Page, selection: &ModelSelection) {
    let groups = waiting(selection);
    if groups.is_empty() {
        return;
    }
    page.gap();
    let mut table =
        Table::new(&[("RUNS", Column::Fixed), ("WAIT FOR", Column::Fixed), ("DETAILS AND REMEDY", Column::Flexible)]);
    table.wrapped = true;
    for group in groups {
        let tone = if group.needs_person { Tone::Bad } else { Tone::Plain };
        let whose = if group.runs == 1 { format!("{}: ", group.example) } else { String::new() };
        let remedy = group.remedy.map(|remedy| format!("→ {}", remedy.replace("NAME", &api_name(selection))));
        let words = [group.message.map(|message| format!("{whose}{message}")), remedy];
        let words: Vec<String> = words.into_iter().flatten().collect();
        let words = if words.is_empty() { group.example } else { words.join(" ") };
        table.rows.push(vec![group.runs.to_string().into(), Text::from(&group.reason).tone(tone), words.into()]);
    }
    page.table(table);
}

fn api_name(selection: &ModelSelection) -> String {
    kube::ResourceExt::name_any(selection)
}

fn run_table(page: &mut Page, selection: &ModelSelection, runs: &[Run], extent: Extent) {
    let shown = if extent.all { runs.len() } else { runs.len().min(ROWS) };
    let datasets = selection.spec.datasets.len() > 1;
    let objectives = shown_objectives(&selection.spec.objectives, extent);
    let titles: Vec<String> = objectives.iter().map(title).collect();
    let mut columns = vec![("", Column::Fixed), ("CANDIDATE", Column::Name(32))];
    if datasets {
        columns.push(("DATASET", Column::Flexible));
    }
    columns.extend([("STATE", Column::Fixed), ("TRIALS", Column::Fixed)]);
    columns.extend(titles.iter().map(|title| (title.as_str(), Column::Number)));
    if extent.wide {
        columns.extend([("TUNING JOB", Column::Fixed), ("WHY", Column::Flexible)]);
    }
    let mut table = Table::new(&columns);
    for run in &runs[..shown] {
        let mut row = vec![Text::from(run.mark.glyph()).tone(mark_tone(run.mark)), (&run.candidate).into()];
        if datasets {
            row.push((&run.dataset).into());
        }
        let trials = match run.max_trials {
            Some(most) => format!("{}/{most}", run.completed_trials),
            None => run.completed_trials.to_string(),
        };
        row.extend([state(run), trials.into()]);
        row.extend(run.values.iter().take(objectives.len()).map(|value| cell(value.as_deref())));
        if extent.wide {
            row.push(run.tuning_job_name.as_deref().unwrap_or("-").into());
            row.push(why(run).into());
        }
        table.rows.push(row);
    }
    page.table(table);
    if shown < runs.len() {
        page.line([format!("… {} more: --all", runs.len() - shown).into()]);
    }
    left_out(page, &selection.spec.objectives, objectives);
    page.line([Text::from(LEGEND).tone(Tone::Faint)]);
}

/// The state; for a succeeded run, its relation to the front.
fn state(run: &Run) -> Text {
    let text = match (run.state, run.rank) {
        (RunState::Succeeded, Some(0)) => "Front".to_owned(),
        (RunState::Succeeded, Some(rank)) => format!("Rank {rank}"),
        (RunState::Succeeded, None) => run.reason.clone().unwrap_or_else(|| "Excluded".to_owned()),
        (state, _) => format!("{state:?}"),
    };
    Text::from(text).tone(if run.state == RunState::Failed { Tone::Bad } else { Tone::Plain })
}

fn why(run: &Run) -> String {
    match (&run.reason, &run.message) {
        (Some(reason), Some(message)) => format!("{reason}: {message}"),
        (Some(word), None) | (None, Some(word)) => word.clone(),
        (None, None) => "-".to_owned(),
    }
}

fn mark_tone(mark: Mark) -> Tone {
    match mark {
        Mark::Recommended | Mark::Front => Tone::Good,
        Mark::Excluded => Tone::Bad,
        Mark::Observed => Tone::Plain,
        Mark::Dominated | Mark::Open => Tone::Faint,
    }
}

fn cell(value: Option<&str>) -> Text {
    value.filter(|value| !value.is_empty()).map_or("-".to_owned(), number).into()
}

fn shown_objectives(objectives: &[Objective], extent: Extent) -> &[Objective] {
    if extent.wide { objectives } else { &objectives[..objectives.len().min(OBJECTIVES)] }
}

fn left_out(page: &mut Page, all: &[Objective], shown: &[Objective]) {
    if shown.len() < all.len() {
        page.line([format!("… {}: -o wide", count(all.len() - shown.len(), "more objective")).into()]);
    }
}

/// The fronts of a selection, or of one of its datasets.
pub fn pareto(selection: &ModelSelection, dataset: Option<&str>, extent: Extent) -> Page {
    let mut page = Page::default();
    for front in fronts(selection).iter().filter(|front| dataset.is_none_or(|wanted| wanted == front.dataset)) {
        if !page.0.is_empty() {
            page.gap();
        }
        one_front(&mut page, front, extent);
    }
    page
}

fn one_front(page: &mut Page, front: &FrontView, extent: Extent) {
    let members = front.members.len() + usize::try_from(front.omitted_members).unwrap_or_default();
    let mut line = vec![
        Text::from(&front.dataset).tone(Tone::Strong),
        format!("  {members} on the front, {} dominated, {} excluded", front.dominated.len(), front.excluded.len())
            .into(),
    ];
    line.extend(front.hypervolume.as_ref().map(|volume| format!("  hypervolume {}", number(volume)).into()));
    page.line(line);
    let objectives = shown_objectives(&front.objectives, extent);
    let titles: Vec<String> = objectives.iter().map(title).collect();
    let mut columns = vec![("", Column::Fixed), ("CANDIDATE", Column::Name(32)), ("RANK", Column::Fixed)];
    columns.extend(titles.iter().map(|title| (title.as_str(), Column::Number)));
    let trials = extent.wide && front.members.iter().any(|member| member.training_job_name.is_some());
    if trials {
        columns.push(("TRAINING JOB", Column::Fixed));
    }
    let mut table = Table::new(&columns);
    for member in &front.members {
        let mark = if member.recommended { Mark::Recommended } else { Mark::Front };
        let mut row = vec![Text::from(mark.glyph()).tone(mark_tone(mark)), (&member.candidate).into(), "0".into()];
        row.extend(member.values.iter().take(objectives.len()).map(|value| cell(Some(value))));
        if trials {
            row.push(member.training_job_name.as_deref().unwrap_or("-").into());
        }
        table.rows.push(row);
    }
    for run in front.dominated.iter().filter(|_| extent.all) {
        let rank = run.rank.map_or("-".to_owned(), |rank| rank.to_string());
        let glyph = Text::from(run.mark.glyph()).tone(mark_tone(run.mark));
        let mut row = vec![glyph, (&run.candidate).into(), rank.into()];
        row.extend(run.values.iter().take(objectives.len()).map(|value| cell(value.as_deref())));
        table.rows.push(row);
    }
    page.table(table);
    left_out(page, &front.objectives, objectives);
    if front.omitted_members > 0 {
        page.line([format!("… {} more than the status lists", front.omitted_members).into()]);
    }
    recommendation(page, front);
    excluded(page, front);
}

fn recommendation(page: &mut Page, front: &FrontView) {
    for warning in &front.warnings {
        page.paragraph(format!("warning: {}", warning.message));
    }
    for point in &front.observed {
        let beaten = match point.beaten_by_count {
            0 => "no candidate is better in every objective".to_owned(),
            more => format!("{more} are better in every objective: {}", point.beaten_by.join(", ")),
        };
        page.paragraph(format!("◆ {}, measured elsewhere: {beaten}", point.candidate));
    }
    match (&front.recommended, &front.why) {
        (Some(recommended), why) => {
            page.paragraph(format!("★ recommended: {recommended}: {}", why.as_deref().unwrap_or_default()));
        }
        (None, Some(why)) => page.paragraph(format!("nothing is recommended: {why}")),
        (None, None) => return,
    }
    let mut table = Table::new(&[("", Column::Fixed), ("", Column::Name(32)), ("", Column::Flexible)]);
    table.wrapped = true;
    for alternative in &front.alternatives {
        table.rows.push(vec!["  or".into(), (&alternative.candidate).into(), (&alternative.message).into()]);
    }
    if !table.rows.is_empty() {
        page.table(table);
    }
}

fn excluded(page: &mut Page, front: &FrontView) {
    if front.excluded.is_empty() {
        return;
    }
    page.gap();
    let mut table = Table::new(&[
        ("", Column::Fixed),
        ("EXCLUDED", Column::Name(32)),
        ("REASON", Column::Fixed),
        ("WHY", Column::Flexible),
    ]);
    for excluded in &front.excluded {
        let reason = format!("{:?}", excluded.reason);
        let glyph = Text::from(Mark::Excluded.glyph()).tone(Tone::Bad);
        table.rows.push(vec![glyph, (&excluded.candidate).into(), reason.into(), (&excluded.message).into()]);
    }
    page.table(table);
}

/// A front drawn in characters, with a description of its axes.
pub fn picture(plot: &Plot, width: u16, height: u16) -> Page {
    let mut page = Page::default();
    page.line([Text::from(&plot.dataset).tone(Tone::Strong), format!("  upwards {}", plot.y.title()).into()]);
    in_characters(plot, width, height).into_iter().for_each(|line| page.line(line));
    page.line([format!("to the right {}", plot.x.title()).into()]);
    if plot.without > 0 {
        page.line([format!("{} without one of the two", count(plot.without, "ended run")).into()]);
    }
    let recommended = plot.points.iter().find(|point| point.mark == Mark::Recommended);
    page.line([match recommended {
        Some(point) => LEGEND.replacen("recommended", &format!("recommended: {}", point.label), 1).into(),
        None => Text::from(LEGEND),
    }]);
    page
}

/// A few lines that can be redrawn in place while a selection is running.
pub fn progress(selection: &ModelSelection, now: Timestamp) -> Page {
    const BAR: usize = 20;
    let summary = summary(selection, now);
    let part = |runs: i32| {
        usize::try_from(runs).unwrap_or_default() * BAR / usize::try_from(summary.counts.total.max(1)).unwrap_or(1)
    };
    let (done, busy) = (part(summary.ended()), part(summary.counts.running));
    let bar = format!("{}{}{}", "█".repeat(done), "▒".repeat(busy), "░".repeat(BAR.saturating_sub(done + busy)));
    let mut page = Page::default();
    let (front, best) = (summary.front.as_deref().unwrap_or("0"), summary.best.as_deref().unwrap_or("-"));
    page.line([format!("{bar} {}/{}  front: {front}  best: {best}", summary.ended(), summary.counts.total).into()]);
    let active: Vec<String> =
        runs(selection).into_iter().filter(|run| run.state == RunState::Running).map(|run| run.candidate).collect();
    if !active.is_empty() {
        page.line([format!("running: {}", active.join(", ")).into()]);
    }
    page
}

/// One line for each change, for logs and pipes.
pub fn news(selection: &ModelSelection, now: Timestamp) -> Page {
    let summary = summary(selection, now);
    let mut page = Page::default();
    page.line([format!("{}: {}: {}", summary.name, summary.reason, summary.message).into()]);
    page
}

#[cfg(test)]
mod tests;
