//! The output contains what is to be deployed, and parses to the same values.

use api::{BestTrainingJob, ModelSelection, Vpc};
use serde_json::{Value, json};

use super::sample::selection;
use crate::{File, Format, Job, Refusal, Winner, Wish, choose, files};

fn winner(selection: &ModelSelection, wish: &Wish<'_>) -> Winner {
    let choice = choose(selection, wish).unwrap();
    let Job::Known(job) = &choice.job else { panic!("{choice:?}") };
    Winner::new(selection, &choice, (**job).clone(), wish).unwrap()
}

fn written(winner: &Winner, format: Format) -> Vec<File> {
    files(winner, format).unwrap()
}

fn documents(text: &str) -> Vec<Value> {
    text.split("---\n").map(|document| serde_saphyr::from_str(document).unwrap()).collect()
}

#[test]
fn the_objects_of_ack_have_the_container() {
    let mut selection = selection(json!({}));
    selection.spec.training.vpc =
        Some(Vpc { security_group_ids: vec!["sg-1".into()], subnets: vec!["subnet-1".into()] });
    let text = written(&winner(&selection, &Wish::default()), Format::Ack).remove(0).text;
    let [model, config] = documents(&text).try_into().unwrap();
    assert_eq!(
        model["spec"],
        json!({
            "modelName": "mobilenet-v2-100-160-001",
            "executionRoleARN": selection.spec.execution_role_arn,
            "enableNetworkIsolation": true,
            "primaryContainer": {
                "image": "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:2.8-gpu",
                // A string, although it looks like a number.
                "environment": {"SAGEMAKER_ENV": "1", "SAGEMAKER_PROGRAM": "inference.py"},
                "modelDataURL": "s3://bucket/out/mobilenet-v2-100-160/model.tar.gz",
            },
            "vpcConfig": {"securityGroupIDs": ["sg-1"], "subnets": ["subnet-1"]},
            "tags": [],
        })
    );
    assert_eq!(model["metadata"]["annotations"]["services.k8s.aws/region"], "us-west-2");
    assert_eq!((&model["metadata"]["namespace"], &config["kind"]), (&json!("vision"), &json!("EndpointConfig")));
    let variant = &config["spec"]["productionVariants"][0];
    assert_eq!(
        (&variant["modelName"], &variant["instanceType"]),
        (&model["spec"]["modelName"], &json!("ml.p3.2xlarge"))
    );
    assert!(!text.contains("kind: Endpoint\n"), "no endpoint: {text}");
}

#[test]
fn the_kustomization_names_the_files_beside_it() {
    let files = written(&winner(&selection(json!({})), &Wish::default()), Format::Kustomize);
    let kustomization: Value = serde_saphyr::from_str(&files[0].text).unwrap();
    let names: Vec<Value> = files[1..].iter().map(|file| json!(file.name)).collect();
    assert_eq!((kustomization["resources"].clone(), &kustomization["namespace"]), (names.into(), &json!("vision")));
}

#[test]
fn terraform_reads_back_whatever_a_text_holds() {
    let mut selection = selection(json!({}));
    selection.spec.tags = [("team".to_owned(), "a \"quoted\" ${interpolation} %{directive} \\ text".to_owned())].into();
    let text = written(&winner(&selection, &Wish::default()), Format::Terraform).remove(0).text;
    let body: Value = hcl::from_str(&text).unwrap();
    let (model, config) = (
        &body["resource"]["aws_sagemaker_model"]["winner"],
        &body["resource"]["aws_sagemaker_endpoint_configuration"]["winner"],
    );
    assert_eq!(model["primary_container"]["environment"]["SAGEMAKER_ENV"], "1");
    assert_eq!(model["primary_container"]["model_data_url"], "s3://bucket/out/mobilenet-v2-100-160/model.tar.gz");
    assert_eq!(config["production_variants"]["model_name"], "${aws_sagemaker_model.winner.name}");
    assert!(text.contains(r#""a \"quoted\" $${interpolation} %%{directive} \\ text""#), "{text}");
}

#[test]
fn python_names_everything_that_is_known() {
    let text = written(&winner(&selection(json!({})), &Wish::default()), Format::Sdk).remove(0).text;
    for expected in [
        "session = sagemaker.Session(boto3.Session(region_name=\"us-west-2\"))",
        "    model_data=\"s3://bucket/out/mobilenet-v2-100-160/model.tar.gz\",",
        "    env={\"SAGEMAKER_ENV\": \"1\", \"SAGEMAKER_PROGRAM\": \"inference.py\"},",
        "    enable_network_isolation=True,",
        "    instance_type=\"ml.p3.2xlarge\",",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

/// The status has no serving container for candidates that are not recommended.
#[test]
fn another_jumpstart_model_is_deployed_by_the_sdk_alone() {
    let mut selection = selection(json!({}));
    for run in &mut selection.status.as_mut().unwrap().runs {
        run.model_id = Some("tensorflow-ic-swin".into());
        run.model_version = Some("4.0.17".into());
    }
    let wish = Wish { candidate: Some("swin-large-patch4-window7-224"), ..Wish::default() };
    let other = winner(&selection, &wish);
    for format in [Format::Ack, Format::Kustomize, Format::Terraform] {
        let Err(Refusal::NoContainer(why)) = files(&other, format) else { panic!("{format:?}") };
        assert!(why.contains("-o sdk") && why.contains("--image"), "{why}");
    }
    let text = written(&other, Format::Sdk).remove(0).text;
    assert!(text.contains("JumpStartEstimator.attach(") && text.contains("model_version=\"4.0.17\""), "{text}");
    let named = Wish { image: Some("registry/serve:1"), instance_type: Some("ml.m5.large"), ..wish };
    let text = written(&winner(&selection, &named), Format::Ack).remove(0).text;
    assert!(text.contains("registry/serve:1") && text.contains("ml.m5.large"), "{text}");
}

#[test]
fn an_image_is_not_taken_to_another_family_of_instances() {
    let selection = selection(json!({}));
    let on = |instance_type| winner(&selection, &Wish { instance_type: Some(instance_type), ..Wish::default() });
    assert!(written(&on("ml.p3.8xlarge"), Format::Ack)[0].text.contains("instanceType: ml.p3.8xlarge"));
    let refusal = files(&on("ml.c5.xlarge"), Format::Ack).unwrap_err().to_string();
    assert!(refusal.contains("is for ml.p3.2xlarge; name the one for ml.c5.xlarge with --image"), "{refusal}");
    // Only the image is another one.
    let wish = Wish { instance_type: Some("ml.c5.xlarge"), image: Some("registry/cpu:2.8"), ..Wish::default() };
    let text = written(&winner(&selection, &wish), Format::Ack).remove(0).text;
    for expected in ["registry/cpu:2.8", "SAGEMAKER_PROGRAM", "enableNetworkIsolation: true", "ml.c5.xlarge"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn a_script_is_packed_by_a_command_or_by_the_sdk() {
    let mut selection = selection(json!({}));
    let hosting = selection.status.as_mut().unwrap().fronts[0].recommendation.as_mut().unwrap().hosting.as_mut();
    hosting.unwrap().script_s3_uri = Some("s3://jumpstart/sourcedir.tar.gz".into());
    let winner = winner(&selection, &Wish::default());
    let text = written(&winner, Format::Terraform).remove(0).text;
    assert!(text.contains("#   aws s3 cp 's3://bucket/out/mobilenet-v2-100-160/model.tar.gz' model.tar.gz"), "{text}");
    assert!(text.contains("model_data_url = \"s3://bucket/out/mobilenet-v2-100-160/served/model.tar.gz\""), "{text}");
    let text = written(&winner, Format::Sdk).remove(0).text;
    assert!(text.contains("source_dir=\"s3://jumpstart/sourcedir.tar.gz\"") && !text.contains("aws s3 cp"), "{text}");
}

#[test]
fn without_an_artifact_there_is_nothing_to_deploy() {
    let selection = selection(json!({}));
    let choice = choose(&selection, &Wish::default()).unwrap();
    let refused = Winner::new(&selection, &choice, BestTrainingJob::default(), &Wish::default());
    assert_eq!(refused.unwrap_err(), Refusal::NoArtifact(String::new()));
}
