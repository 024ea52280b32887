//! Detects S3 buckets that cannot exist.

use std::net::Ipv4Addr;

use api::Reason;
use decide::problem::Problem;
use sagemaker::JobRequest;

/// The region whose buckets from before 2018 may have capital letters and underscores in their names.
const WITH_OLD_NAMES: &str = "us-east-1";

/// Checks that every bucket of the request can exist in `region`.
pub(super) fn check(request: &JobRequest, region: &str) -> Result<(), Problem> {
    let channels = request.channels.iter().map(|input| &input.channel);
    let channels = channels
        .filter_map(|channel| Some((format!("`s3URI` of channel '{}'", channel.name), channel.s3_uri.as_deref()?)));
    let output = ("`training.outputS3URI`".to_owned(), request.output_s3_uri.as_str());
    let checkpoint = request.checkpoint.iter();
    let checkpoint = checkpoint.map(|checkpoint| ("`checkpoint.s3URI`".to_owned(), checkpoint.s3_uri.as_str()));
    for (field, uri) in channels.chain([output]).chain(checkpoint) {
        if let Some((bucket, why)) = mistake(uri, region) {
            let message = format!("{field}: there cannot be an S3 bucket '{bucket}': {why}; correct it");
            return Err(Problem::new(Reason::InvalidRequest, message));
        }
    }
    Ok(())
}

/// The bucket of a URI, and why a bucket of that name cannot exist. The schema checks the form of the URI.
fn mistake<'a>(uri: &'a str, region: &str) -> Option<(&'a str, &'static str)> {
    let bucket = uri.strip_prefix("s3://")?.split('/').next()?;
    if bucket.starts_with("arn:") {
        return None;
    }
    let old = |c: char| c.is_ascii_uppercase() || c == '_';
    let why = if bucket.contains(old) && region != WITH_OLD_NAMES {
        "a name may only have lower-case letters, digits, '-' and '.'"
    } else if ["..", ".-", "-."].iter().any(|joint| bucket.contains(joint)) {
        "a '.' in a name must be between letters or digits"
    } else if bucket.parse::<Ipv4Addr>().is_ok() {
        "a name must not be an IP address"
    } else {
        return None;
    };
    Some((bucket, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_no_bucket_can_have_are_refused() {
        for (uri, region, expected) in [
            ("s3://my-bucket.data/a_B/", "us-west-2", None),
            ("s3://my--bucket", "us-west-2", None),
            ("s3://arn:aws:s3:us-west-2:111122223333:accesspoint/My_Point", "us-west-2", None),
            ("s3://My_Bucket/a/", "us-east-1", None),
            ("s3://My_Bucket/a/", "us-west-2", Some("lower-case letters")),
            ("s3://my_bucket/", "eu-west-1", Some("lower-case letters")),
            ("s3://my..bucket/", "us-east-1", Some("must be between letters or digits")),
            ("s3://my.-bucket/", "us-east-1", Some("must be between letters or digits")),
            ("s3://192.168.5.4/", "us-east-1", Some("must not be an IP address")),
        ] {
            let found = mistake(uri, region).map(|(_, why)| why);
            assert_eq!(found.is_some(), expected.is_some(), "{uri}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{uri}: {found:?}");
        }
    }
}
