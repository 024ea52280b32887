//! Everything that is needed to deploy a training job.

use std::borrow::Cow;
use std::collections::BTreeMap;

use api::{BestTrainingJob, Candidate, Hosting, ModelSelection, Recommendation, RunStatus, Vpc};
use decide::effective::{instance_type, training};
use decide::hosting;
use decide::identity::tag;

use crate::choice::{Choice, Wish};
use crate::container::Container;
use crate::refusal::Refusal;

/// What to deploy, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Winner {
    /// Name and namespace of the selection.
    pub selection: (String, String),
    /// The region.
    pub region: String,
    /// The dataset.
    pub dataset: String,
    /// The candidate.
    pub candidate: String,
    /// The training job.
    pub job: BestTrainingJob,
    /// Id and version of its JumpStart model.
    pub model: Option<(String, String)>,
    /// The role of the containers: that of the training jobs.
    pub role: String,
    /// The VPC of the containers: that of the training jobs.
    pub vpc: Option<Vpc>,
    /// Tags of the created objects.
    pub tags: BTreeMap<String, String>,
    /// The instance type to serve it on.
    pub instance_type: String,
    /// The container, or why it is unknown.
    pub container: Result<Container, String>,
}

impl Winner {
    /// Everything that is needed to deploy a choice; `job` is its training job.
    ///
    /// # Errors
    /// If the training job has no model.
    pub fn new(
        selection: &ModelSelection,
        choice: &Choice,
        job: BestTrainingJob,
        wish: &Wish<'_>,
    ) -> Result<Self, Refusal> {
        let (spec, status) = (&selection.spec, selection.status.clone().unwrap_or_default());
        let Some(artifact) = job.model_artifact_s3_uri.clone() else {
            return Err(Refusal::NoArtifact(job.training_job_name));
        };
        let Choice { dataset, candidate, .. } = choice;
        let own = spec.candidates.iter().find(|known| known.name == *candidate);
        let run = hosting::run(&status.runs, candidate, dataset);
        let model = run.and_then(|run| run.model_id.clone().zip(run.model_version.clone()));
        let training =
            own.and_then(|own| training(spec, own).ok()).map_or_else(|| spec.training.clone(), Cow::into_owned);
        let known = serving(selection, own, run, candidate);
        let serving = match wish.image {
            Some(image) => {
                let network_isolation = training.network_isolation.unwrap_or_default();
                // All but the image is as known: variables and the script do not depend on it.
                let known = known.unwrap_or_else(|_| Hosting { network_isolation, ..Hosting::default() });
                Ok(Hosting { image: Some(image.to_owned()), ..known })
            }
            None => known.and_then(|known| on(known, wish.instance_type)),
        };
        let trained_on = own.map_or(spec.training.instance_type.as_str(), |own| instance_type(spec, own));
        let by_description = serving.as_ref().ok().and_then(|serving| serving.instance_type.clone());
        let mut tags = spec.tags.clone();
        if let Some((id, version)) = &model {
            // The SDK adds these tags to its deployments, so that its tools recognize the model.
            tags.insert(tag::MODEL_ID.to_owned(), id.clone());
            tags.insert(tag::MODEL_VERSION.to_owned(), version.clone());
        }
        Ok(Self {
            selection: (
                selection.metadata.name.clone().unwrap_or_default(),
                selection.metadata.namespace.clone().unwrap_or_default(),
            ),
            region: status.region.clone().or_else(|| spec.region.clone()).unwrap_or_default(),
            dataset: dataset.clone(),
            candidate: candidate.clone(),
            model,
            role: spec.execution_role_arn.clone(),
            vpc: training.vpc,
            tags,
            instance_type: wish
                .instance_type
                .map(str::to_owned)
                .or(by_description)
                // A fallback, or the type of a job that the selection only reads.
                .or_else(|| job.instance_type.clone())
                .unwrap_or_else(|| trained_on.to_owned()),
            container: serving.map(|serving| Container::new(serving, &artifact)),
            job,
        })
    }

    /// The name of the created objects: that of the training job. So a new winner gets new objects, and a deployed
    /// model never changes under its name.
    pub fn name(&self) -> &str {
        &self.job.training_job_name
    }

    /// The container.
    pub(crate) fn known_container(&self) -> Result<&Container, Refusal> {
        self.container.as_ref().map_err(|why| Refusal::NoContainer(why.clone()))
    }
}

/// The image depends on the instance type's family: CPU and GPU instances need different images.
fn on(serving: Hosting, instance_type: Option<&str>) -> Result<Hosting, String> {
    let family = |name: &str| name.split('.').nth(1).map(str::to_owned);
    match (&serving.instance_type, instance_type) {
        (Some(described), Some(wanted)) if family(described) != family(wanted) => Err(format!(
            "the image in the status is for {described}; name the one for {wanted} with --image, or write Python with -o sdk, \
             which asks JumpStart for it"
        )),
        _ => Ok(serving),
    }
}

/// The serving container of the candidate, or why it is unknown, with a remedy.
fn serving(
    selection: &ModelSelection,
    candidate: Option<&Candidate>,
    run: Option<&RunStatus>,
    name: &str,
) -> Result<Hosting, String> {
    let recommended = |of: &&Recommendation| of.candidate.as_deref() == Some(name) && of.hosting.is_some();
    let fronts = selection.status.iter().flat_map(|status| &status.fronts);
    let by_status = fronts.filter_map(|front| front.recommendation.as_ref()).find(recommended);
    let by_status = by_status.and_then(|of| of.hosting.clone());
    let by_spec = || candidate.and_then(|candidate| hosting::of_spec(&selection.spec, candidate));
    match by_status.or_else(by_spec) {
        Some(Hosting { message: Some(why), .. }) => Err(format!("{why} (--image IMAGE)")),
        Some(hosting) => Ok(hosting),
        None if run.is_some_and(|run| run.model_id.is_some()) => Err(format!(
            "what serves candidate '{name}' is in the status only for recommended candidates; write Python with -o sdk, which \
             asks JumpStart for it, name the image with --image, or let spec.recommend recommend the candidate"
        )),
        None => Err(format!("what serves candidate '{name}' is not known; name the image with --image")),
    }
}
