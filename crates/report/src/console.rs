//! The addresses of jobs in the SageMaker console.

use serde::Serialize;

/// The prefixes of the addresses of jobs in the SageMaker console; the name of the job follows.
#[derive(Clone, Debug, Serialize)]
pub struct Console {
    pub tuning: String,
    pub training: String,
}

/// The console's addresses for `region`, which depend on the partition of the region.
pub fn console(region: &str) -> Console {
    let host = if region.starts_with("cn-") {
        format!("{region}.console.amazonaws.cn")
    } else if region.starts_with("us-gov-") {
        "console.amazonaws-us-gov.com".to_owned()
    } else {
        format!("{region}.console.aws.amazon.com")
    };
    let home = format!("https://{host}/sagemaker/home?region={region}#");
    Console { tuning: format!("{home}/hyper-tuning-jobs/"), training: format!("{home}/jobs/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consoles_are_those_of_the_partition() {
        assert!(
            console("cn-north-1")
                .training
                .starts_with("https://cn-north-1.console.amazonaws.cn/sagemaker/home?region=cn-north-1#/jobs/")
        );
        assert!(console("us-gov-west-1").tuning.starts_with("https://console.amazonaws-us-gov.com/sagemaker/home"));
    }
}
