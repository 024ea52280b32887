//! Dates as texts.

use crate::clock::Moment;

/// A date in the form of HTTP.
pub fn of_http(moment: Moment) -> String {
    formatted(moment, "%a, %d %b %Y %H:%M:%S GMT")
}

/// A date in the form of S3's documents.
pub fn of_s3(moment: Moment) -> String {
    formatted(moment, "%Y-%m-%dT%H:%M:%S.000Z")
}

fn formatted(moment: Moment, form: &str) -> String {
    jiff::Timestamp::from_millisecond(moment.millis()).unwrap_or_default().strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_the_forms_of_http_and_of_s3() {
        let moment = Moment::from_millis(1_675_670_400_999);
        assert_eq!(of_http(moment), "Mon, 06 Feb 2023 08:00:00 GMT");
        assert_eq!(of_s3(moment), "2023-02-06T08:00:00.000Z");
    }
}
