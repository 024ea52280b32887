//! A plot of a front: its points, and the drawing in characters.

use api::{Goal, ModelSelection, Scale, parse_decimal};
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Style};
use ratatui_core::symbols::Marker;
use ratatui_core::widgets::Widget as _;
use ratatui_widgets::chart::{Axis as ChartAxis, Chart, Dataset, GraphType, LegendPosition};

use crate::front::value_of;
use crate::page::{Text, Tone};
use crate::runs::{Mark, runs, value};
use crate::text::number;

/// From this ratio of the largest to the smallest value, an axis is logarithmic by default.
const LOG_FROM: f64 = 50.0;
/// The name of the axis with the training time in seconds, for selections with one objective.
const TRAINING_SECONDS: &str = "trainingSeconds";

/// What to plot; [`plot`] chooses where it is `None`.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The metric of the horizontal axis.
    pub x: Option<String>,
    /// The metric of the vertical axis.
    pub y: Option<String>,
    /// Whether the horizontal axis is logarithmic.
    pub log_x: Option<bool>,
    /// Whether the vertical axis is logarithmic.
    pub log_y: Option<bool>,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The metric.
    pub metric: String,
    /// The better direction, if it is an objective.
    pub goal: Option<Goal>,
    /// Whether it is logarithmic.
    pub log: bool,
}

impl Axis {
    /// The metric, with an arrow in the better direction.
    pub fn title(&self) -> String {
        let arrow = self.goal.map_or("", arrow);
        format!("{}{arrow}{}", self.metric, if self.log { " (log)" } else { "" })
    }

    /// The position of a value on the axis.
    pub fn place(&self, value: f64) -> f64 {
        if self.log { value.log10() } else { value }
    }

    /// The value at a position.
    pub fn value(&self, place: f64) -> f64 {
        if self.log { 10f64.powf(place) } else { place }
    }
}

/// `↑` if larger is better, `↓` if smaller is better.
pub fn arrow(goal: Goal) -> &'static str {
    match goal {
        Goal::Maximize => "↑",
        Goal::Minimize => "↓",
    }
}

/// A run or a member of the front.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The candidate.
    pub label: String,
    /// The value on the horizontal axis.
    pub x: f64,
    /// The value on the vertical axis.
    pub y: f64,
    /// Its relation to the front.
    pub mark: Mark,
}

/// The plot of one dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// The dataset.
    pub dataset: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The points.
    pub points: Vec<Point>,
    /// Number of ended runs that lack one of the two metrics.
    pub without: usize,
}

/// The plot of a dataset: the first objective on the vertical axis and the second on the horizontal one, or the metrics
/// of `choice`.
///
/// # Errors
/// A message if no run has a value of a metric.
pub fn plot(selection: &ModelSelection, dataset: &str, choice: &Choice) -> Result<Plot, String> {
    let objectives = &selection.spec.objectives;
    let objective = |index: usize| objectives.get(index).map(|objective| objective.metric.clone());
    let y = choice.y.clone().or_else(|| objective(0)).unwrap_or_default();
    let second = objectives.iter().map(|objective| &objective.metric).find(|metric| **metric != y).cloned();
    let x = choice.x.clone().or(second).unwrap_or_else(|| TRAINING_SECONDS.to_owned());
    let (points, ended) = points(selection, dataset, &x, &y);
    for (metric, flag) in [(&x, "--x"), (&y, "--y")] {
        if ended > 0 && !has_value(selection, dataset, metric) {
            return Err(format!("no run has a metric '{metric}'; choose another one with {flag}"));
        }
    }
    let axis = |metric: String, log: Option<bool>, value: fn(&Point) -> f64| {
        let objective = objectives.iter().find(|objective| objective.metric == metric);
        let (goal, scale) =
            (objective.map(|objective| objective.goal), objective.and_then(|objective| objective.scale));
        let values: Vec<f64> = points.iter().map(value).collect();
        let by_scale = scale.map(|scale| scale == Scale::Logarithmic);
        let positive = values.iter().all(|value| *value > 0.0);
        let (low, high) = range(&values);
        Axis { metric, goal, log: positive && log.unwrap_or(by_scale.unwrap_or(high >= low * LOG_FROM)) }
    };
    let x = axis(x, choice.log_x, |point| point.x);
    let y = axis(y, choice.log_y, |point| point.y);
    let runs = points.iter().filter(|point| point.mark != Mark::Observed).count();
    let without = ended - runs.min(ended);
    Ok(Plot { dataset: dataset.to_owned(), x, y, without, points })
}

fn has_value(selection: &ModelSelection, dataset: &str, metric: &str) -> bool {
    let runs = selection.status.as_ref().map(|status| status.runs.as_slice()).unwrap_or_default();
    runs.iter().any(|run| run.dataset == dataset && metric_of(run, metric).is_some())
}

fn metric_of(run: &api::RunStatus, metric: &str) -> Option<f64> {
    if metric == TRAINING_SECONDS {
        return run.best.as_ref()?.training_seconds.map(f64::from);
    }
    value(run, metric).and_then(|value| parse_decimal(&value))
}

/// The points of a dataset, and the number of its ended runs. With `collect: All` a member of the front may be another
/// training job than the best of its run, so members have their own values if the status lists them.
fn points(selection: &ModelSelection, dataset: &str, x: &str, y: &str) -> (Vec<Point>, usize) {
    let Some(status) = &selection.status else { return (Vec::new(), 0) };
    let rows = runs(selection);
    let of_dataset = status.runs.iter().zip(&rows).filter(|(run, _)| run.dataset == dataset && run.state.ended());
    let mut points = Vec::new();
    let mut ended = 0;
    for (run, row) in of_dataset {
        ended += 1;
        if let (Some(x), Some(y)) = (metric_of(run, x), metric_of(run, y)) {
            points.push(Point { label: run.candidate.clone(), x, y, mark: row.mark });
        }
    }
    let Some(front) = status.fronts.iter().find(|front| front.dataset == dataset) else { return (points, ended) };
    let of = |values: &[String], metric: &str| parse_decimal(value_of(&status.objectives, values, metric)?);
    let observed = front.observed.iter().filter_map(|point| {
        let (x, y) = (of(&point.values, x)?, of(&point.values, y)?);
        Some(Point { label: point.candidate.clone(), x, y, mark: Mark::Observed })
    });
    points.extend(observed);
    let trials: Vec<_> = front.members.iter().filter(|member| member.training_job_name.is_some()).collect();
    // A member has values of the objectives only; for other metrics there are those of the run.
    let are_objectives = [x, y].iter().all(|axis| status.objectives.iter().any(|objective| objective == axis));
    if trials.is_empty() || !are_objectives {
        return (points, ended);
    }
    points.retain(|point| !matches!(point.mark, Mark::Front | Mark::Recommended));
    let recommended = front.recommendation.as_ref().and_then(|chosen| chosen.training_job_name.as_ref());
    for member in trials {
        if let (Some(x), Some(y)) = (of(&member.values, x), of(&member.values, y)) {
            let chosen = recommended == member.training_job_name.as_ref();
            let mark = if chosen { Mark::Recommended } else { Mark::Front };
            points.push(Point { label: member.candidate.clone(), x, y, mark });
        }
    }
    (points, ended)
}

/// The smallest and the largest of the values.
pub fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)))
}

/// The range of an axis: that of the positions of the values, with some margin on both sides.
pub fn bounds(axis: &Axis, values: impl Iterator<Item = f64>) -> [f64; 2] {
    let places: Vec<f64> = values.map(|value| axis.place(value)).collect();
    let (low, high) = range(&places);
    if !low.is_finite() {
        return [0.0, 1.0];
    }
    let room = if high > low { (high - low) * 0.05 } else { low.abs().max(1.0) * 0.5 };
    [low - room, high + room]
}

/// The plot drawn in characters: `width` columns and `height` lines.
pub fn in_characters(plot: &Plot, width: u16, height: u16) -> Vec<Vec<Text>> {
    let places = |mark: Mark| {
        let points = plot.points.iter().filter(|point| point.mark == mark);
        points.map(|point| (plot.x.place(point.x), plot.y.place(point.y))).collect::<Vec<_>>()
    };
    // Later layers cover earlier ones.
    let layers = [Mark::Excluded, Mark::Dominated, Mark::Observed, Mark::Front, Mark::Recommended]
        .map(|mark| (mark, places(mark)));
    let datasets = layers.iter().map(|(mark, points)| {
        let marker = Marker::Custom(mark.glyph().chars().next().unwrap_or('?'));
        let style = Style::new().fg(color(*mark));
        Dataset::default().data(points).marker(marker).graph_type(GraphType::Scatter).style(style)
    });
    let x = bounds(&plot.x, plot.points.iter().map(|point| point.x));
    let y = bounds(&plot.y, plot.points.iter().map(|point| point.y));
    let axis = |axis: &Axis, [low, high]: [f64; 2]| {
        let labels = [low, f64::midpoint(low, high), high].map(|place| number(&format!("{}", axis.value(place))));
        ChartAxis::default().bounds([low, high]).labels(labels)
    };
    let chart = Chart::new(datasets.collect()).x_axis(axis(&plot.x, x)).y_axis(axis(&plot.y, y));
    let chart = chart.legend_position(None::<LegendPosition>);
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    chart.render(area, &mut buffer);
    (0..height).map(|row| line(&buffer, width, row)).collect()
}

/// One line of the buffer, as pieces of the same tone.
fn line(buffer: &Buffer, width: u16, row: u16) -> Vec<Text> {
    let mut pieces: Vec<(Tone, String)> = Vec::new();
    for column in 0..width {
        let cell = &buffer[(column, row)];
        let tone = tone(cell.fg);
        match pieces.last_mut() {
            Some((last, text)) if *last == tone => text.push_str(cell.symbol()),
            _ => pieces.push((tone, cell.symbol().to_owned())),
        }
    }
    pieces.iter().map(|(tone, text)| Text::new(text).tone(*tone)).collect()
}

fn color(mark: Mark) -> Color {
    match mark {
        Mark::Recommended => Color::Yellow,
        Mark::Front => Color::Green,
        Mark::Observed => Color::Reset,
        Mark::Dominated | Mark::Open => Color::DarkGray,
        Mark::Excluded => Color::Red,
    }
}

fn tone(color: Color) -> Tone {
    match color {
        Color::Yellow => Tone::Strong,
        Color::Green => Tone::Good,
        Color::DarkGray => Tone::Faint,
        Color::Red => Tone::Bad,
        _ => Tone::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Look, Page};
    use crate::tests::sample;

    #[test]
    fn the_axes_follow_from_the_objectives_and_the_values() {
        let plot = plot(&sample::complete(), "caltech256", &Choice::default()).unwrap();
        assert_eq!((plot.x.title().as_str(), plot.y.title().as_str()), ("test_throughput↑ (log)", "test_accuracy↑"));
        assert_eq!((plot.points.len(), plot.without), (4, 1));
        let linear = Choice { log_x: Some(false), ..Choice::default() };
        assert!(!super::plot(&sample::complete(), "caltech256", &linear).unwrap().x.log);
    }

    #[test]
    fn a_metric_that_no_run_has_is_reported() {
        let choice = Choice { x: Some("test_acuracy".into()), ..Choice::default() };
        let error = plot(&sample::complete(), "caltech256", &choice).unwrap_err();
        assert_eq!(error, "no run has a metric 'test_acuracy'; choose another one with --x");
    }

    #[test]
    fn the_picture_in_characters() {
        let plot = plot(&sample::complete(), "caltech256", &Choice::default()).unwrap();
        let mut page = Page::default();
        in_characters(&plot, 60, 14).into_iter().for_each(|line| page.line(line));
        insta::assert_snapshot!(page.render(Look { width: Some(60), color: false, ascii: false }));
    }

    #[test]
    fn no_points_and_one_point_can_be_drawn() {
        let mut selection = sample::complete();
        let status = selection.status.as_mut().unwrap();
        status.runs.truncate(1);
        let one = plot(&selection, "caltech256", &Choice::default()).unwrap();
        assert_eq!(in_characters(&one, 40, 8).len(), 8);
        let none = plot(&selection, "another", &Choice::default()).unwrap();
        assert_eq!((none.points.len(), in_characters(&none, 40, 8).len()), (0, 8));
    }
}
