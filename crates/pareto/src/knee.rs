//! The knee of a front: the one member to recommend when no preference among the objectives is known.

use super::{Direction, Span, check};

/// The member nearest to the ideal, or `None` for an empty front.
///
/// Every objective is scaled over the front so that its best value becomes 1 and its worst 0, and the ideal is
/// (1, …, 1); the distance is Euclidean. An objective in which all members are equal contributes nothing. Of equally
/// near members the first in input order wins; so it does with two members that differ in two objectives, each of
/// which is the best in one and the worst in the other, both at distance 1. `O(n d log d)`.
///
/// # Panics
/// If a point has not one value per direction.
pub fn knee<P: AsRef<[f64]>>(front: &[P], directions: &[Direction]) -> Option<usize> {
    check(front, directions);
    let spans = Span::all(front, directions)?;
    let distances = front.iter().map(|point| distance(point.as_ref(), &spans));
    // `min_by` returns the first of equals.
    distances.enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(index, _)| index)
}

/// The squared distance to the ideal: the root changes no order.
fn distance(point: &[f64], spans: &[Span]) -> f64 {
    let mut losses: Vec<f64> = point.iter().zip(spans).map(|(&value, &span)| loss(value, span)).collect();
    // In one order of addition, members that mirror each other tie exactly.
    losses.sort_unstable_by(f64::total_cmp);
    losses.iter().map(|loss| loss * loss).sum()
}

/// How far `value` is from the best: 0 there, 1 at the worst.
fn loss(value: f64, span: Span) -> f64 {
    if span.is_flat() {
        return 0.0;
    }
    // Halving is exact wherever a range can exceed f64::MAX.
    let scale = if (span.best - span.worst).is_finite() { 1.0 } else { 0.5 };
    (span.best * scale - value * scale).abs() / (span.best * scale - span.worst * scale).abs()
}
