//! Durations on the command line.

use std::time::Duration;

/// `90s`, `30m`, `12h`, `2d`, or seconds without a unit, as kubectl takes them.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| format!("'{text}' is not a duration such as 90s, 30m or 12h"))?;
    Duration::try_from(span).map_err(|_| format!("'{text}' is negative"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_kubectl_takes_them() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("30m", 1800), ("12h", 43200), ("1h30m", 5400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert!(duration("soon").unwrap_err().contains("90s"));
        assert!(duration("-5s").is_err());
    }
}
