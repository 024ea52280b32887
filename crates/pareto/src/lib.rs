//! Exact Pareto arithmetic: fronts, ranks, hypervolume and the knee of a front.
//!
//! A *point* is a row of values, one per objective, and each objective has its own [`Direction`]. Point `a`
//! **dominates** `b` if it is no worse in every objective and better in at least one. All functions share these rules:
//!
//! - Equal points never dominate each other: either all of them stay or none.
//! - `-0.0` equals `0.0`.
//! - Only values count, never the order of the points, except where a tie is documented to go to the first.
//! - Every value must be finite. Callers leave incomplete points out; only debug builds verify it.
//! - Every point has one value per direction. Anything else is a mistake of the caller and panics.
//!
//! Fronts and ranks take values as they are. The knee, the hypervolume and its reference measure distances: they need
//! positions on the axes on which the values are compared ([`Scale`]).

mod hypervolume;
mod knee;
mod rank;
mod scale;

pub use hypervolume::{hypervolume, reference};
pub use knee::knee;
pub use rank::{front, ranks};
pub use scale::Scale;

/// The direction in which an objective improves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Larger values are better.
    Maximize,
    /// Smaller values are better.
    Minimize,
}

impl Direction {
    /// Whether `a` is strictly better than `b`. `O(1)`.
    pub fn is_better(self, a: f64, b: f64) -> bool {
        match self {
            Self::Maximize => a > b,
            Self::Minimize => a < b,
        }
    }
}

/// The best and the worst value of one objective over a set of points.
#[derive(Clone, Copy)]
struct Span {
    best: f64,
    worst: f64,
}

impl Span {
    /// The span of every objective, or `None` without points. `O(n d)`.
    fn all<P: AsRef<[f64]>>(points: &[P], directions: &[Direction]) -> Option<Vec<Self>> {
        let (first, others) = points.split_first()?;
        let mut spans: Vec<Self> = first.as_ref().iter().map(|&value| Self { best: value, worst: value }).collect();
        for point in others {
            for ((span, &value), direction) in spans.iter_mut().zip(point.as_ref()).zip(directions) {
                if direction.is_better(value, span.best) {
                    span.best = value;
                } else if direction.is_better(span.worst, value) {
                    span.worst = value;
                }
            }
        }
        Some(spans)
    }

    /// Whether all points are equal in the objective.
    fn is_flat(self) -> bool {
        self.best - self.worst == 0.0 // with gradual underflow, zero only for equal numbers
    }
}

/// Checks the contract of this crate: one value per objective and, in debug builds, only finite values.
fn check<P: AsRef<[f64]>>(points: &[P], directions: &[Direction]) {
    for point in points.iter().map(AsRef::as_ref) {
        assert_eq!(point.len(), directions.len(), "a point has one value per objective");
        debug_assert!(point.iter().all(|value| value.is_finite()), "a point has finite values only");
    }
}

#[cfg(test)]
mod tests;
