//! Datasets.

use crate::admission::{Case, bad, bad_own, channels, datasets};

pub(super) fn cases() -> Vec<Case> {
    vec![
        bad("an empty list of datasets", "datasets: []", &["spec.datasets", "at least 1 items"]),
        bad("33 datasets", &format!("datasets: {}", datasets(33)), &["spec.datasets", "at most 32 items"]),
        bad(
            "the same dataset twice",
            "datasets: [{name: a, channels: [{name: t, s3URI: s3://bucket-b}]}, {name: a, channels: [{name: t, s3URI: s3://bucket-c}]}]",
            &["spec.datasets", "uplicate", "name"],
        ),
        bad(
            "a dataset with a bad name",
            "datasets: [{name: my data, channels: [{name: t, s3URI: s3://bucket-b}]}]",
            &[
                "spec.datasets[0].name",
                "`name` must consist of letters, digits, '-', '_' and '.', and begin and end with a letter or digit",
            ],
        ),
        bad(
            "a dataset without channels",
            "datasets: [{name: a, channels: []}]",
            &["spec.datasets[0].channels", "at least 1 items"],
        ),
        bad(
            "the same channel twice",
            "datasets: [{name: a, channels: [{name: t, s3URI: s3://bucket-b}, {name: t, s3URI: s3://bucket-c}]}]",
            &["datasets", "channels", "uplicate"],
        ),
        bad(
            "a channel with a bad name",
            "datasets: [{name: a, channels: [{name: my/train, s3URI: s3://bucket-b}]}]",
            &["spec.datasets[0].channels[0].name", "`name` must consist of letters, digits, '-', '_' and '.'"],
        ),
        bad(
            "a channel without data",
            "datasets: [{name: a, channels: [{name: training}]}]",
            &["spec.datasets[0].channels[0]", "a channel must have exactly one of `s3URI` and `fileSystem`"],
        ),
        bad(
            "data that is not in S3",
            "datasets: [{name: a, channels: [{name: training, s3URI: /data/train}]}]",
            &["spec.datasets[0].channels[0].s3URI", "`s3URI` must be an S3 URI, such as 's3://bucket/prefix/'"],
        ),
        bad(
            "a long S3 URI",
            &format!(
                "datasets: [{{name: a, channels: [{{name: training, s3URI: s3://bucket-b/{}}}]}}]",
                "x".repeat(1024)
            ),
            &["spec.datasets[0].channels[0].s3URI", "Too long"],
        ),
        bad(
            "an empty content type",
            "datasets: [{name: a, channels: [{name: training, s3URI: s3://bucket-b, contentType: ''}]}]",
            &["spec.datasets[0].channels[0].contentType", "at least 1 chars long"],
        ),
        bad(
            "a channel named model for JumpStart",
            "datasets: [{name: a, channels: [{name: model, s3URI: s3://bucket-b}]}]",
            &[
                "spec.datasets",
                "`channels` must have names other than 'model' and 'code' when a candidate has `jumpStart`",
            ],
        ),
        bad(
            "a channel named code for JumpStart",
            "datasets: [{name: a, channels: [{name: code, s3URI: s3://bucket-b}]}]",
            &["`channels` must have names other than 'model' and 'code'"],
        ),
        bad(
            "19 channels for JumpStart",
            &format!("datasets: [{{name: d, channels: {}}}]", channels(19)),
            &["spec.datasets", "`channels` must be at most 18 when a candidate has `jumpStart`"],
        ),
        bad_own(
            "21 channels",
            &format!("datasets: [{{name: d, channels: {}}}]", channels(21)),
            &["spec.datasets[0].channels", "at most 20 items"],
        ),
    ]
}
