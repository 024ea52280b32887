//! The header `Range` of a request for an object.

/// The part of an object that a request asks for: all positions are inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything: there is no range, or one that S3 ignores, such as several at once.
    Whole,
    /// From the first to the second position.
    Between(usize, usize),
    /// Nothing of the object is in the range.
    Unsatisfiable,
}

/// Reads the header for an object of this size.
pub fn part(header: Option<&str>, size: usize) -> Part {
    asked(header, size).unwrap_or(Part::Whole)
}

fn asked(header: Option<&str>, size: usize) -> Option<Part> {
    let (first, last) = header?.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let (start, end) = match (first.trim().is_empty(), last.trim().is_empty()) {
        (true, true) => return None,
        (true, false) => (size.saturating_sub(number(last)?), size.checked_sub(1)),
        (false, true) => (number(first)?, size.checked_sub(1)),
        (false, false) => {
            let (start, end) = (number(first)?, number(last)?);
            if end < start {
                return None;
            }
            (start, size.checked_sub(1).map(|most| end.min(most)))
        }
    };
    Some(end.filter(|end| start <= *end).map_or(Part::Unsatisfiable, |end| Part::Between(start, end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_http() {
        for (header, size, expected) in [
            (None, 10, Part::Whole),
            (Some("bytes=0-3"), 10, Part::Between(0, 3)),
            (Some("bytes=8-"), 10, Part::Between(8, 9)),
            (Some("bytes=8-100"), 10, Part::Between(8, 9)),
            (Some("bytes=-3"), 10, Part::Between(7, 9)),
            (Some("bytes=-30"), 10, Part::Between(0, 9)),
            (Some("bytes=-0"), 10, Part::Unsatisfiable),
            (Some("bytes=10-"), 10, Part::Unsatisfiable),
            (Some("bytes=0-0"), 0, Part::Unsatisfiable),
            (Some("bytes=5-3"), 10, Part::Whole),
            (Some("bytes=0-1,3-4"), 10, Part::Whole),
            (Some("bytes=a-b"), 10, Part::Whole),
            (Some("bytes=-"), 10, Part::Whole),
            (Some("lines=1-2"), 10, Part::Whole),
        ] {
            assert_eq!(part(header, size), expected, "{header:?} of {size}");
        }
    }
}
