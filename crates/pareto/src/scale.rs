//! The axis on which the values of an objective are compared by size.
//!
//! Dominance only compares two values, so it needs no scale. The knee and the hypervolume measure distances: on a
//! logarithmic scale the step from 1 to 2 images a second counts as much as that from 20 to 40, on a linear scale as
//! much as that from 20 to 21.

/// The axis of an objective.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scale {
    /// Equal differences count the same.
    #[default]
    Linear,
    /// Equal ratios count the same. Positions are decimal logarithms: one unit is a factor of ten.
    Logarithmic,
}

impl Scale {
    /// Whether `value` has a position: every finite value on a linear scale, those above zero on a logarithmic one.
    pub fn has(self, value: f64) -> bool {
        match self {
            Self::Linear => value.is_finite(),
            Self::Logarithmic => value.is_finite() && value > 0.0,
        }
    }

    /// The position of `value` on the axis; finite for the values that [`Self::has`] accepts. Never decreasing in
    /// `value`.
    pub fn position(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Logarithmic => value.log10(),
        }
    }

    /// The value at a finite `position`: up to rounding the inverse of [`Self::position`], and always a value that
    /// [`Self::has`] accepts.
    pub fn value(self, position: f64) -> f64 {
        match self {
            Self::Linear => position,
            Self::Logarithmic => 10_f64.powf(position).clamp(f64::from_bits(1), f64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Scale::{self, Linear, Logarithmic};

    #[test]
    #[allow(clippy::float_cmp)] // powers of ten are exact
    fn a_factor_of_ten_is_one_unit() {
        assert_eq!([0.1, 1.0, 100.0].map(|value| Logarithmic.position(value)), [-1.0, 0.0, 2.0]);
        assert_eq!([-1.0, 0.0, 2.0].map(|position| Logarithmic.value(position)), [0.1, 1.0, 100.0]);
        assert_eq!((Linear.position(-3.5), Linear.value(-3.5)), (-3.5, -3.5));
    }

    #[test]
    fn only_positive_values_have_a_logarithm() {
        for value in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(!Logarithmic.has(value), "{value}");
        }
        assert!(Logarithmic.has(f64::from_bits(1)) && Logarithmic.has(f64::MAX));
        assert!(Linear.has(-1.0) && Linear.has(0.0) && !Linear.has(f64::NAN));
    }

    proptest! {
        #[test]
        fn positions_keep_the_order_and_are_finite(a in any::<f64>(), b in any::<f64>(), logarithmic in any::<bool>()) {
            let scale = if logarithmic { Logarithmic } else { Scale::Linear };
            prop_assume!(scale.has(a) && scale.has(b) && a <= b);
            prop_assert!(scale.position(a) <= scale.position(b) && scale.position(b).is_finite());
        }

        #[test]
        fn each_position_has_a_value_that_has_a_position(position in -1e6..1e6_f64, logarithmic in any::<bool>()) {
            let scale = if logarithmic { Logarithmic } else { Scale::Linear };
            prop_assert!(scale.has(scale.value(position)));
        }
    }
}
