//! The arguments of all verbs that call AWS.

/// How to reach AWS. Missing values come from the environment and the files of the AWS CLI.
#[derive(clap::Args, Debug, Clone, Default)]
#[command(next_help_heading = "AWS")]
pub struct AwsArgs {
    /// Region; default: that of the selection, or of the AWS environment
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Profile of the AWS configuration; default: AWS_PROFILE
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Endpoint of all AWS services; default: AWS_ENDPOINT_URL, or those of the region
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

impl AwsArgs {
    /// The same for the AWS client. `region` is for who gives none.
    pub(crate) fn access(&self, region: Option<&str>) -> aws::Access {
        let region = self.region.as_deref().or(region).map(str::to_owned);
        aws::Access { region, endpoint: self.endpoint_url.clone(), profile: self.profile.clone() }
    }
}
