//! Rate limits: token buckets in real time.

use std::collections::BTreeMap;
use std::str::FromStr;

/// `Operation=PERSECOND[:BURST]`; the operation may be `*`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// The operation.
    pub operation: String,
    /// Tokens per second.
    pub per_second: f64,
    /// Most tokens.
    pub burst: f64,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text}: expected OPERATION=PERSECOND[:BURST], for example Search=2:5");
        let (operation, rate) = text.split_once('=').ok_or_else(wrong)?;
        let (per_second, burst) = rate.split_once(':').map_or((rate, None), |(rate, burst)| (rate, Some(burst)));
        let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0).ok_or_else(wrong);
        let per_second = number(per_second)?;
        let burst = burst.map_or(Ok(per_second.max(1.0)), number)?;
        if operation.is_empty() {
            return Err(wrong());
        }
        Ok(Self { operation: operation.to_owned(), per_second, burst })
    }
}

/// Token buckets, in real time.
#[derive(Debug, Default)]
pub struct Buckets {
    rates: Vec<Rate>,
    levels: BTreeMap<String, (f64, f64)>,
}

impl Buckets {
    /// Full buckets.
    pub fn new(rates: Vec<Rate>) -> Self {
        Self { rates, levels: BTreeMap::new() }
    }

    /// Takes a token for an operation at a real time in seconds; returns false if there is none.
    pub fn take(&mut self, operation: &str, now: f64) -> bool {
        let own = self.rates.iter().rfind(|rate| rate.operation == operation);
        let Some(rate) = own.or_else(|| self.rates.iter().rfind(|rate| rate.operation == "*")) else { return true };
        let (level, at) = self.levels.get(operation).copied().unwrap_or((rate.burst, now));
        let level = (now - at).max(0.0).mul_add(rate.per_second, level).min(rate.burst);
        let granted = level >= 1.0;
        self.levels.insert(operation.to_owned(), (if granted { level - 1.0 } else { level }, now));
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read() {
        let rate = |text: &str| text.parse::<Rate>();
        assert_eq!(rate("Search=2:5").unwrap(), Rate { operation: "Search".into(), per_second: 2.0, burst: 5.0 });
        assert_eq!(rate("*=0.5").unwrap(), Rate { operation: "*".into(), per_second: 0.5, burst: 1.0 });
        for wrong in ["Search", "Search=", "=2", "Search=-1", "Search=2:x", "Search=NaN"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_bucket_refills_in_time_and_each_operation_has_its_own() {
        let mut buckets = Buckets::new(vec!["*=1:2".parse().unwrap(), "Search=0:1".parse().unwrap()]);
        assert!(buckets.take("ListTags", 0.0) && buckets.take("ListTags", 0.0));
        assert!(!buckets.take("ListTags", 0.5));
        assert!(buckets.take("ListTags", 1.5));
        assert!(buckets.take("AddTags", 0.5));
        assert!(buckets.take("Search", 0.0) && !buckets.take("Search", 1e6));
        assert!(Buckets::default().take("Search", 0.0));
    }
}
