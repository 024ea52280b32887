//! The arguments of `new`.

use std::path::PathBuf;

/// What is known of the manifest.
#[derive(clap::Args, Debug, Clone, Default)]
pub struct NewArgs {
    /// Name of the selection
    #[arg(value_name = "NAME")]
    pub selection: Option<String>,
    /// All JumpStart models of a task, by the word in their ids, such as ic, od or tc
    #[arg(long, value_name = "WORD")]
    pub task: Option<String>,
    /// JumpStart model, such as pytorch-ic-mobilenet-v2 or pytorch-ic-mobilenet-v2@3.*; may be repeated
    #[arg(long, value_name = "ID[@VERSION]")]
    pub model: Vec<String>,
    /// Training image of your own; may be repeated
    #[arg(long, value_name = "IMAGE")]
    pub image: Vec<String>,
    /// Data, in the channel 'training' unless another is named; may be repeated
    #[arg(long, value_name = "NAME[/CHANNEL]=S3URI")]
    pub dataset: Vec<String>,
    /// Objective, such as val_accuracy:Maximize; may be repeated; the first one steers the search
    #[arg(long, value_name = "METRIC:GOAL")]
    pub objective: Vec<String>,
    /// Definition of a metric in the logs; may be repeated
    #[arg(long, value_name = "NAME=REGEX")]
    pub metric: Vec<String>,
    /// Searched hyperparameter, such as batch_size=8..64, lr=1e-5..1e-2:Logarithmic or optimizer=adam,sgd; may be
    /// repeated
    #[arg(long, value_name = "NAME=RANGE")]
    pub range: Vec<String>,
    /// Fixed hyperparameter; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub hyperparameter: Vec<String>,
    /// Training jobs of each run
    #[arg(long, value_name = "NUMBER")]
    pub max_training_jobs: Option<i32>,
    /// Role that the training jobs run as
    #[arg(long, value_name = "ARN")]
    pub role: Option<String>,
    /// Instance type of the training jobs
    #[arg(long, value_name = "TYPE")]
    pub instance_type: Option<String>,
    /// Where model artifacts go
    #[arg(long, value_name = "S3URI")]
    pub output_uri: Option<String>,
    /// Region; default: that of the operator
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Notebook that starts tuning jobs with the SageMaker SDK or boto3; flags override what it says
    #[arg(long, value_name = "FILE")]
    pub from_notebook: Option<PathBuf>,
    /// Ask no questions, even on a terminal; values that are not given get examples
    #[arg(long)]
    pub no_questions: bool,
    /// File to write; default: standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite the file if it exists
    #[arg(long, requires = "output")]
    pub force: bool,
}
