//! The hypervolume indicator: how much of the objective space a front dominates, down to a reference point.

use super::{Direction, Span, check};

/// A reference point strictly worse than every point in every objective, or `None` without points.
///
/// In each objective it is the worst value, moved further away from the best value by a tenth of the range. If the
/// range is zero it moves by a tenth of the magnitude, and from zero it moves by one. If the step is below the
/// resolution of the number it moves to the neighbouring number. Only a worst value of ±`f64::MAX`, for which no worse
/// number exists, stays in place. `O(n d)`.
///
/// Hypervolumes are comparable only with the same reference: compute it once rather than with every new point.
///
/// # Panics
/// If a point does not have one value per direction.
pub fn reference<P: AsRef<[f64]>>(points: &[P], directions: &[Direction]) -> Option<Vec<f64>> {
    check(points, directions);
    let spans = Span::all(points, directions)?;
    Some(spans.iter().zip(directions).map(|(&span, &direction)| worse_than(span, direction)).collect())
}

/// A number strictly worse than the worst of `span`, if there is one.
fn worse_than(span: Span, direction: Direction) -> f64 {
    let Span { best, worst } = span;
    let step = if !span.is_flat() {
        (worst / 2.0 - best / 2.0).abs() / 5.0 // the range itself may exceed f64::MAX
    } else if worst == 0.0 {
        1.0
    } else {
        worst.abs() / 10.0
    };
    match direction {
        Direction::Maximize => (worst - step).min(worst.next_down()).max(f64::MIN),
        Direction::Minimize => (worst + step).max(worst.next_up()).min(f64::MAX),
    }
}

/// The volume of the space that is dominated by `front` and dominates `reference`.
///
/// Dominated and repeated points change nothing, and neither does the order of the points: the result is identical to
/// the last bit. A point that is not strictly better than the reference in every objective contributes nothing. Without
/// objectives the volume of any point is 1, the empty product. A volume is infinite if it, or an intermediate product,
/// exceeds `f64::MAX`; it is never NaN.
///
/// Exact except for the rounding of sums and products. Uses a dimension sweep over limit sets (WFG, of While,
/// Bradstreet and Barone): `O(n log n)` for up to two objectives, `O(n² log n)` for three, and exponential in the
/// number of objectives at worst, like every known exact algorithm.
///
/// # Panics
/// If a point or the reference does not have one value per direction.
pub fn hypervolume<P: AsRef<[f64]>>(front: &[P], directions: &[Direction], reference: &[f64]) -> f64 {
    check(front, directions);
    check(&[reference], directions);
    // A side of length one does not change the volume: padding to two avoids a special case for fewer.
    let width = directions.len().max(2);
    let mut sides = Vec::with_capacity(front.len() * width);
    for point in front.iter().map(AsRef::as_ref) {
        let pairs = || point.iter().zip(reference);
        if pairs().zip(directions).all(|((&value, &bound), direction)| direction.is_better(value, bound)) {
            sides.extend(pairs().map(|(value, bound)| (value - bound).abs()));
            sides.resize(sides.len() + width - directions.len(), 1.0);
        }
    }
    let volume = union(&sides, width);
    // Only an overflow gives a number that is not finite; infinities may have been subtracted from each other.
    if volume.is_finite() { volume } else { f64::INFINITY }
}

/// The volume of a union of boxes that share the corner zero, each given by its `width >= 2` sides.
///
/// The boxes are swept in the order of their first side, longest first. Each box then adds its first side times the
/// volume that its face (its other sides) adds to the union of the faces so far. That is the volume of the face minus
/// that of its overlap with them, which is again a union of boxes at zero, with one side less.
fn union(sides: &[f64], width: usize) -> f64 {
    let mut boxes: Vec<&[f64]> = sides.chunks_exact(width).collect();
    // Non-negative numbers have the same order as their bits.
    boxes.sort_unstable_by(|a, b| b.iter().map(|side| side.to_bits()).cmp(a.iter().map(|side| side.to_bits())));
    if width == 2 {
        return area(&boxes);
    }
    let mut volume = 0.0;
    let mut faces: Vec<&[f64]> = Vec::new();
    let mut overlap = Vec::new();
    for sides in boxes {
        let face = &sides[1..];
        if faces.iter().any(|other| covers(other, face)) {
            continue;
        }
        overlap.clear();
        overlap.extend(faces.iter().flat_map(|other| other.iter().zip(face).map(|(a, b)| a.min(*b))));
        volume += sides[0] * (face.iter().product::<f64>() - union(&overlap, width - 1));
        faces.retain(|other| !covers(face, other));
        faces.push(face);
    }
    volume
}

/// [`union`] of sorted rectangles.
fn area(rectangles: &[&[f64]]) -> f64 {
    let (mut area, mut height) = (0.0, 0.0);
    for sides in rectangles {
        if sides[1] > height {
            area += sides[0] * (sides[1] - height);
            height = sides[1];
        }
    }
    area
}

/// Whether box `a` contains box `b`.
fn covers(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a >= b)
}
