//! The knee of a front: the member to recommend if no preference among the objectives is known.

use super::{Direction, Span, check};

/// The member nearest to the ideal, or `None` for an empty front.
///
/// Every objective is scaled over the front so that its best value becomes 1 and its worst 0. The ideal is (1, …, 1),
/// and the distance is Euclidean. An objective in which all members are equal contributes nothing. Of equally near
/// members the first in input order wins; this includes two members of which each is the best in one of two objectives
/// and the worst in the other, both at distance 1. `O(n d log d)`.
///
/// # Panics
/// If a point does not have one value per direction.
pub fn knee<P: AsRef<[f64]>>(front: &[P], directions: &[Direction]) -> Option<usize> {
    check(front, directions);
    let spans = Span::all(front, directions)?;
    let distances = front.iter().map(|point| distance(point.as_ref(), &spans));
    // `min_by` returns the first of equals.
    distances.enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(index, _)| index)
}

/// The squared distance to the ideal: the root would not change the order.
fn distance(point: &[f64], spans: &[Span]) -> f64 {
    let mut losses: Vec<f64> = point.iter().zip(spans).map(|(&value, &span)| loss(value, span)).collect();
    // Added in a fixed order, so that mirrored members tie exactly.
    losses.sort_unstable_by(f64::total_cmp);
    losses.iter().map(|loss| loss * loss).sum()
}

/// The scaled distance of `value` from the best: 0 for the best, 1 for the worst.
fn loss(value: f64, span: Span) -> f64 {
    if span.is_flat() {
        return 0.0;
    }
    // Halving is exact for all values whose range can exceed f64::MAX.
    let scale = if (span.best - span.worst).is_finite() { 1.0 } else { 0.5 };
    (span.best * scale - value * scale).abs() / (span.best * scale - span.worst * scale).abs()
}
