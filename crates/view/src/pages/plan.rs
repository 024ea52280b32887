//! The effect of applying a manifest, as a page.

use crate::effect::{Action, Cost, Effect};
use crate::page::{Column, Page, Table, Text, Tone};
use crate::text::count;

/// The effect of applying a manifest: sentences, and a table of the changes.
pub fn effect(name: &str, effect: &Effect) -> Page {
    let mut page = Page::default();
    let counts = [
        (effect.count(Action::Create), "to create"),
        (effect.count(Action::Replace), "to run again"),
        (effect.count(Action::Attach), "to attach"),
        (effect.count(Action::Keep), "to keep"),
        (effect.count(Action::Remove), "to remove"),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    page.line([Text::from(name).tone(Tone::Strong), format!("  runs: {}", counts.join(", ")).into()]);
    let mut table = Table::new(&[("", Column::Fixed), ("CANDIDATE", Column::Name(40)), ("DATASET", Column::Flexible)]);
    for run in effect.runs.iter().filter(|run| run.action != Action::Keep) {
        let (sign, tone) = match run.action {
            Action::Create => ("+", Tone::Good),
            Action::Replace => ("~", Tone::Plain),
            Action::Attach => (">", Tone::Plain),
            Action::Keep => ("=", Tone::Faint),
            Action::Remove => ("-", Tone::Bad),
        };
        table.rows.push(vec![Text::from(sign).tone(tone), (&run.candidate).into(), (&run.dataset).into()]);
    }
    if !table.rows.is_empty() {
        page.table(table);
        page.line([Text::from("+ new  ~ run again  > attached  - removed, with its results").tone(Tone::Faint)]);
    }
    if !effect.stopped.is_empty() {
        page.paragraph(format!("to stop: {}", effect.stopped.join(", ")));
    }
    if effect.open_selectors > 0 {
        let selectors = count(effect.open_selectors, "selector");
        page.paragraph(format!("{selectors}: only the operator knows which models they find"));
    }
    costs(&mut page, effect);
    page
}

fn costs(page: &mut Page, effect: &Effect) {
    let jobs = effect.new_jobs();
    if jobs == 0 {
        return;
    }
    let described = |cost: &Cost| {
        let money = cost.money.map(|money| format!(", {money:.2} by spec.prices")).unwrap_or_default();
        format!("{:.1} instance hours{money}", cost.hours)
    };
    page.line([match &effect.expected {
        Some(cost) => {
            format!(
                "expected: {} for {} of {jobs}, by runs that have ended",
                described(cost),
                count(effect.expected_runs, "new job")
            )
        }
        None => "expected: unknown, since no run of the same model and instance type has ended".to_owned(),
    }
    .into()]);
    page.line([match &effect.bound {
        Some(cost) => format!("at most:  {} for {}", described(cost), count(jobs, "new job")),
        None => "at most:  unbounded: set tuning.maxTrainingJobs and training.maxRuntimeSeconds".to_owned(),
    }
    .into()]);
}
