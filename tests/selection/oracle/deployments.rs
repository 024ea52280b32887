//! The container that is handed over equals what the vendor's SDK sends from `deploy()`
//! (`fixtures/oracle/record_deploy.py`), member by member: from the description through the status to what `promote`
//! writes.

use std::collections::{BTreeMap, BTreeSet};

use api::{BestTrainingJob, ModelSelection};
use catalog::{Buckets, Hosting, Model, from_document, from_spec};
use decide::hosting::{of_model, of_spec};
use promote::{Choice, Job, Winner, Wish};
use serde_json::{Value, json};

use super::wire::members;
use super::{document, metadata};

/// Where what is handed over differs on purpose: the member, and why.
const DIFFERENCES: &[(&str, &str)] = &[(
    "/container/ModelDataUrl",
    "the SDK packs the script and the model into an archive in its default bucket; ours lies beside that of the training job",
)];

fn cases() -> Vec<Value> {
    serde_json::from_str(include_str!("../../fixtures/oracle/deployments.json")).unwrap()
}

#[test]
fn what_is_handed_over_is_what_the_vendors_sdk_deploys() {
    let (mut faults, mut used, mut compared) = (Vec::new(), BTreeSet::new(), 0);
    for case in cases() {
        let name = case["name"].as_str().unwrap();
        match (case.get("container"), handed_over(&case)) {
            (Some(_), Ok(ours)) => {
                compared += 1;
                let recorded = json!({
                    "container": case["container"], "isolated": case["isolated"], "vpc": case["vpc"], "role": case["role"],
                    "instance_type": case["instance_type"], "packed": case["packed"],
                });
                let (theirs, ours): (BTreeMap<_, _>, BTreeMap<_, _>) = (members(&recorded), members(&ours));
                let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
                for member in names.into_iter().filter(|member| theirs.get(*member) != ours.get(*member)) {
                    match DIFFERENCES.iter().find(|(known, _)| member == known && case["packed"] != json!([])) {
                        Some((known, _)) => drop(used.insert(*known)),
                        None => faults.push(format!(
                            "{name}: {member} is {:?}, recorded {:?}",
                            ours.get(member),
                            theirs.get(member)
                        )),
                    }
                }
            }
            (None, Err(_)) => compared += 1,
            (theirs, ours) => faults.push(format!("{name}: ours {ours:?}, recorded {theirs:?} {}", case["error"])),
        }
    }
    assert!(faults.is_empty(), "{} members differ:\n{}", faults.len(), faults.join("\n"));
    let stale: Vec<_> = DIFFERENCES.iter().filter(|(known, _)| !used.contains(known)).collect();
    assert!(stale.is_empty(), "no case needs {stale:?}");
    assert!(compared >= 15, "{compared}");
    println!("{compared} deployments compared");
}

/// Both sources say the same of serving each recorded model.
#[test]
fn a_document_of_the_hub_says_of_serving_what_the_spec_says() {
    for case in cases() {
        let (region, spec) = (case["region"].as_str().unwrap(), metadata(&case));
        let hosting = |model: Option<Model>| model.unwrap().hosting;
        let read = hosting(from_document(&document(&spec, region).to_string()));
        assert_eq!(read, hosting(from_spec(&spec.to_string(), region, &Buckets::of(region))), "{}", case["name"]);
        assert!(read != Hosting::default());
    }
}

/// What is handed over for a case, shaped as the recording; an error is why there is no container.
fn handed_over(case: &Value) -> Result<Value, String> {
    let artifact = if case["uncompressed"] == json!(true) {
        "s3://bucket/out/trained/output/model"
    } else {
        "s3://bucket/out/trained/output/model.tar.gz"
    };
    let job = BestTrainingJob {
        training_job_name: "trained".into(),
        model_artifact_s3_uri: Some(artifact.to_owned()),
        ..BestTrainingJob::default()
    };
    let selection = selection(case, &job);
    let wish = Wish::default();
    let choice =
        Choice { dataset: "dataset".into(), candidate: "candidate".into(), job: Job::Known(Box::new(job.clone())) };
    let winner = Winner::new(&selection, &choice, job, &wish).map_err(|refusal| refusal.to_string())?;
    let container = winner.container.clone()?;
    let packed = container.packed.iter().map(|packed| json!({"script": packed.script, "archive": packed.archive}));
    let vpc =
        winner.vpc.as_ref().map(|vpc| json!({"SecurityGroupIds": vpc.security_group_ids, "Subnets": vpc.subnets}));
    Ok(json!({
        "container": container.definition(),
        "isolated": container.network_isolation,
        "vpc": vpc,
        "role": winner.role,
        "instance_type": winner.instance_type,
        "packed": packed.collect::<Vec<_>>(),
    }))
}

/// The selection of a case, complete, with the status that the operator records.
fn selection(case: &Value, job: &BestTrainingJob) -> ModelSelection {
    let (estimator, metadata, region) = (&case["estimator"], metadata(case), case["region"].as_str().unwrap());
    let own = estimator.get("image_uri");
    let candidate = match own {
        Some(image) => json!({"name": "candidate", "algorithm": {"trainingImage": image}}),
        None => {
            json!({"name": "candidate", "jumpStart": {"modelID": metadata["model_id"], "version": metadata["version"]}})
        }
    };
    let mut object = samples::manifest("selection");
    object["spec"]["candidates"] = json!([candidate]);
    object["spec"]["datasets"][0]["name"] = json!("dataset");
    object["spec"]["training"]["instanceType"] = estimator["instance_type"].clone();
    if let Some(subnets) = estimator.get("subnets") {
        object["spec"]["training"]["vpc"] =
            json!({"subnets": subnets, "securityGroupIDs": estimator["security_group_ids"]});
    }
    if let Some(isolated) = estimator.get("enable_network_isolation") {
        object["spec"]["training"]["networkIsolation"] = isolated.clone();
    }
    let mut selection: ModelSelection = serde_json::from_value(object).unwrap();
    let spec = &selection.spec;
    let trained_on = spec.training.instance_type.clone();
    let served_on = case["deploy"]["instance_type"].as_str().filter(|_| own.is_none());
    let hosting = of_spec(spec, &spec.candidates[0]).unwrap_or_else(|| {
        let mut model = from_spec(&metadata.to_string(), region, &Buckets::of(region)).unwrap();
        // As if the description had this default: the status has the container of one instance type.
        if let Some(instance_type) = served_on {
            model.hosting.instance_type = Some(instance_type.to_owned());
        }
        of_model(model.hosting(&trained_on, region), "model", "1.0.0")
    });
    let run = json!({
        "candidate": "candidate", "dataset": "dataset", "state": "Succeeded",
        "modelID": metadata["model_id"], "modelVersion": metadata["version"], "best": job,
    });
    let front = json!({
        "dataset": "dataset", "members": [],
        "recommendation": {"candidate": "candidate", "rule": "Knee", "message": "", "trainingJob": job, "hosting": hosting},
    });
    selection.status = serde_json::from_value(json!({"region": region, "runs": [run], "fronts": [front]})).unwrap();
    selection
}
