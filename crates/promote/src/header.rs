//! The comment at the top of the output.

use api::plain;

use crate::container::{Container, ModelData, Packed};
use crate::winner::Winner;

/// Describes the output, and what to do before it is applied; each line begins with `#`.
pub(crate) fn header(winner: &Winner, container: Option<&Container>) -> String {
    let Winner { selection: (name, namespace), dataset, candidate, region, job, .. } = winner;
    let mut lines = vec![
        format!("The model of candidate '{candidate}' on dataset '{dataset}'"),
        format!(
            "of ModelSelection '{name}' in namespace '{namespace}': training job '{}', region {region}.",
            job.training_job_name
        ),
        "No endpoint is changed: point one at this endpoint configuration when you are ready.".to_owned(),
    ];
    if let Some(Container { packed: Some(Packed { script, archive }), data: ModelData::Archive(served), .. }) =
        container
    {
        lines.extend([
            "Once, before this is applied, pack the script that serves the model into its archive:".to_owned(),
            format!("  aws s3 cp '{archive}' model.tar.gz && aws s3 cp '{script}' script.tar.gz"),
            "  mkdir -p served/code && tar -xzf model.tar.gz -C served && tar -xzf script.tar.gz -C served/code"
                .to_owned(),
            format!("  tar -czf served.tar.gz -C served . && aws s3 cp served.tar.gz '{served}'"),
        ]);
    }
    lines.iter().map(|line| ["# ", &plain(line), "\n"].concat()).collect()
}
