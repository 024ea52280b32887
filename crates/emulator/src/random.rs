//! Deterministic pseudo-random numbers, derived from names.

use sha2::{Digest, Sha256};

/// A number from 0 (inclusive) to 1 (exclusive), determined by the parts.
#[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
pub fn unit(parts: &[&str]) -> f64 {
    (number(parts) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A 64-bit number, determined by the parts.
pub fn number(parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// `n` hexadecimal digits (at most 16), determined by the parts.
pub fn hex(parts: &[&str], n: usize) -> String {
    format!("{:016x}", number(parts)).chars().take(n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_parts_give_equal_numbers_and_boundaries_matter() {
        assert_eq!(number(&["a", "b"]), number(&["a", "b"]));
        assert_ne!(number(&["a", "b"]), number(&["ab"]));
        assert_ne!(number(&["a", ""]), number(&["", "a"]));
        let mean = (0..1000).map(|i: i32| unit(&[&i.to_string()])).sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
        assert_eq!(hex(&["x"], 8).len(), 8);
    }
}
