//! The URL of a queue, which contains the endpoint of SQS and usually the region.

use std::fmt;
use std::str::FromStr;

/// The URL of an SQS queue: `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`, or with another host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueUrl(String);

/// A string that is not the URL of a queue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be the URL of an SQS queue, such as https://sqs.us-west-2.amazonaws.com/111122223333/modelselection-events"
)]
pub struct WrongUrl;

impl FromStr for QueueUrl {
    type Err = WrongUrl;

    fn from_str(url: &str) -> Result<Self, WrongUrl> {
        let (scheme, rest) = url.split_once("://").ok_or(WrongUrl)?;
        let (host, path) = rest.split_once('/').ok_or(WrongUrl)?;
        let (account, name) = path.split_once('/').ok_or(WrongUrl)?;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_name =
            (1..=80).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        let is_host = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
        let fits = ["http", "https"].contains(&scheme) && is_host && is_account && is_name;
        fits.then(|| Self(url.to_owned())).ok_or(WrongUrl)
    }
}

impl fmt::Display for QueueUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl QueueUrl {
    /// The URL without account and name: the endpoint of SQS. It may be a VPC endpoint instead of the region's.
    pub(super) fn endpoint(&self) -> &str {
        self.0.rsplitn(3, '/').nth(2).unwrap_or(&self.0)
    }

    /// The region in the host name, if it has one: `sqs.REGION.`, or `REGION.queue.` in legacy URLs.
    pub(super) fn region(&self) -> Option<&str> {
        let host = self.endpoint().split("://").nth(1)?;
        let labels: Vec<&str> = host.split('.').collect();
        let at = |label: &str| labels.iter().position(|l| *l == label);
        let behind = at("sqs").or_else(|| at("sqs-fips")).and_then(|sqs| labels.get(sqs + 1));
        let before = || at("queue").and_then(|queue| labels.get(queue.checked_sub(1)?));
        behind.or_else(before).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_tells_the_endpoint_and_the_region() {
        for (endpoint, region) in [
            ("https://sqs.us-west-2.amazonaws.com", Some("us-west-2")),
            ("https://sqs.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("https://sqs-fips.us-east-1.amazonaws.com", Some("us-east-1")),
            ("https://vpce-0a1b-2c3d.sqs.eu-west-1.vpce.amazonaws.com", Some("eu-west-1")),
            ("https://eu-central-1.queue.amazonaws.com", Some("eu-central-1")),
            ("https://queue.amazonaws.com", None),
            ("http://127.0.0.1:5000", None),
            ("http://[::1]:5000", None),
        ] {
            let url: QueueUrl = format!("{endpoint}/111122223333/my_queue-1").parse().unwrap();
            assert_eq!((url.endpoint(), url.region()), (endpoint, region));
        }
    }

    #[test]
    fn what_is_no_url_of_a_queue_is_refused() {
        for wrong in [
            "",
            "modelselection-events",
            "arn:aws:sqs:us-west-2:111122223333:modelselection-events",
            "https://sqs.us-west-2.amazonaws.com",
            "https://sqs.us-west-2.amazonaws.com/modelselection-events",
            "https://sqs.us-west-2.amazonaws.com/1111/modelselection-events",
            "https://sqs.us-west-2.amazonaws.com/111122223333/",
            "https://sqs.us-west-2.amazonaws.com/111122223333/a/b",
            "https:///111122223333/a",
            "ftp://host/111122223333/a",
            "https://a b/111122223333/a",
        ] {
            assert_eq!(wrong.parse::<QueueUrl>(), Err(WrongUrl), "{wrong}");
        }
    }
}
