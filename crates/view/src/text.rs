//! Formats numbers and durations.

/// A decimal of the API with at most four significant digits; other text is unchanged.
pub fn number(decimal: &str) -> String {
    let Some(value) = api::parse_decimal(decimal) else { return decimal.to_owned() };
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-3..1e6).contains(&magnitude) {
        let text = format!("{value:.3e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", trimmed(digits));
    }
    let decimals = match magnitude {
        _ if magnitude < 1.0 => 4,
        _ if magnitude < 10.0 => 3,
        _ if magnitude < 100.0 => 2,
        _ if magnitude < 1000.0 => 1,
        _ => 0,
    };
    trimmed(&format!("{value:.decimals$}"))
}

fn trimmed(number: &str) -> String {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.').to_owned() } else { number.to_owned() }
}

/// A duration with at most two units, as kubectl writes ages: `45s`, `12m`, `1h52m`, `3d4h`.
pub fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{minutes}m"),
        3600..86400 => format!("{hours}h{}m", minutes % 60),
        _ => format!("{days}d{}h", hours % 24),
    }
}

/// `1 run`, `2 runs`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits() {
        for (decimal, text) in [
            ("0.96666664", "0.9667"),
            ("0.802", "0.802"),
            ("40", "40"),
            ("0.3", "0.3"),
            ("123.456", "123.5"),
            ("87112344", "8.711e7"),
            ("0.0001234567890123", "1.235e-4"),
            ("0", "0"),
            ("-1.2345678901234567e-300", "-1.235e-300"),
            ("not a number", "not a number"),
        ] {
            assert_eq!(number(decimal), text);
        }
    }

    #[test]
    fn durations_have_two_units() {
        let shown = [45, 720, 6720, 273_600].map(duration);
        assert_eq!(shown, ["45s", "12m", "1h52m", "3d4h"]);
    }
}
