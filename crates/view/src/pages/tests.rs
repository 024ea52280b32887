//! The pages at 80 columns.

use super::*;
use crate::page::Look;
use crate::tests::sample;

const LOOK: Look = Look { width: Some(80), color: false, ascii: false };

fn shown(page: &Page) -> String {
    let text = page.render(LOOK);
    let widest = text.lines().map(unicode_width::UnicodeWidthStr::width).max().unwrap_or(0);
    assert!(widest <= 80, "{widest} columns:\n{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    text
}

#[test]
fn a_list_of_selections() {
    let summaries = [sample::complete(), sample::running(), sample::stalled()].map(|s| summary(&s, sample::time(4000)));
    insta::assert_snapshot!(shown(&list(&summaries, true, false)));
}

#[test]
fn the_status_of_one_that_is_complete() {
    insta::assert_snapshot!(shown(&status(&sample::complete(), sample::time(9000), Extent::default())));
}

#[test]
fn the_status_of_one_that_runs() {
    insta::assert_snapshot!(shown(&status(&sample::running(), sample::time(1000), Extent::default())));
}

#[test]
fn the_status_of_one_that_needs_a_person() {
    insta::assert_snapshot!(shown(&status(&sample::stalled(), sample::time(1000), Extent::default())));
}

#[test]
fn a_wide_status_has_the_reasons_and_harmless_text() {
    let page = status(&sample::complete(), sample::time(9000), Extent { all: true, wide: true });
    let text = page.render(Look { width: None, ..LOOK });
    assert!(
        text.contains("TuningJobFailed: ValueError: No images found in /opt/ml/input/data/training \\u{1b}[2J"),
        "{text}"
    );
}

#[test]
fn a_large_status_shows_some_and_says_how_many_more() {
    let text = shown(&status(&sample::large(), sample::time(9000), Extent::default()));
    assert!(text.contains("… 492 more: --all"), "{text}");
    let all = shown(&status(&sample::large(), sample::time(9000), Extent { all: true, wide: false }));
    assert!(all.lines().count() > 512, "{}", all.lines().count());
}

#[test]
fn a_front_with_its_alternatives_and_what_is_excluded() {
    insta::assert_snapshot!(shown(&pareto(&sample::complete(), None, Extent { all: true, wide: false })));
}

#[test]
fn with_eight_objectives_the_omitted_ones_are_counted() {
    let mut selection = sample::complete();
    let first = selection.spec.objectives[0].clone();
    selection.spec.objectives =
        (0..8).map(|n| Objective { metric: format!("a_metric_with_a_long_name_{n}"), ..first.clone() }).collect();
    let text = shown(&pareto(&selection, None, Extent::default()));
    assert!(text.contains("… 5 more objectives: -o wide"), "{text}");
}

#[test]
fn a_selection_that_was_never_observed_says_so() {
    let mut selection = sample::running();
    selection.status = None;
    let text = shown(&status(&selection, sample::time(0), Extent::default()));
    assert!(text.contains("NotSeen") && text.contains("has not seen this version"), "{text}");
}
