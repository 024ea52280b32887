//! How the best objective improves from one training job to the next.

/// An improvement by less than this part of the best objective does not count, as documented.
const THRESHOLD: f32 = 0.01;

/// The progress of a tuning job.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    maximizes: bool,
    best: Option<f32>,
    /// Training jobs since the last one that counts as an improvement.
    pub not_improving: u32,
}

impl Progress {
    /// Before any training job.
    pub const fn new(maximizes: bool) -> Self {
        Self { maximizes, best: None, not_improving: 0 }
    }

    /// Adds the objective of the next training job that ended.
    pub fn add(&mut self, value: f32) {
        let gain = self.best.map(|best| (if self.maximizes { value - best } else { best - value }, best));
        if gain.is_none_or(|(gain, _)| gain > 0.0) {
            self.best = Some(value);
        }
        if gain.is_none_or(|(gain, best)| gain > 0.0 && gain >= THRESHOLD * best.abs()) {
            self.not_improving = 0;
        } else {
            self.not_improving += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_improvements_do_not_count() {
        let after = |maximizes, values: &[f32]| {
            let mut progress = Progress::new(maximizes);
            values.iter().for_each(|value| progress.add(*value));
            progress.not_improving
        };
        for (maximizes, values, expected) in [
            (true, &[0.5][..], 0),
            (true, &[0.5, 0.504, 0.508], 2),
            (true, &[0.5, 0.504, 0.52], 0),
            (true, &[0.5, 0.4, 0.5], 2),
            (false, &[0.5, 0.498, 0.497], 2),
            (false, &[0.5, 0.4, 0.45], 1),
            (true, &[-1.0, -0.995, -0.5], 0),
            (true, &[0.0, 0.0001], 0),
        ] {
            assert_eq!(after(maximizes, values), expected, "{values:?}");
        }
    }
}
