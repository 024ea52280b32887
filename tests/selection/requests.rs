//! The requests to SageMaker: every request of every operation that a selection can cause conforms to the service
//! model, whichever fields of the spec are used.

use std::collections::BTreeSet;

use api::{RunState, crd};
use emulator::model::validate;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use testkit::status::{run_of, runs_in};
use testkit::world::DEADLINE;
use testkit::{Selection, World, apply_yaml, await_gone, await_until};

const CREATE: &str = "CreateHyperParameterTuningJob";

/// Every field of the spec except those that belong to another strategy.
const EVERYTHING: &str = r#"
apiVersion: modelselection.dev/v1alpha1
kind: ModelSelection
metadata: {name: everything}
spec:
  region: us-west-2
  executionRoleARN: arn:aws:iam::111122223333:role/SageMakerTraining
  objectives:
  - {metric: test_accuracy, goal: Maximize}
  - {metric: loss, goal: Minimize}
  constraints:
  - {metric: test_accuracy, min: "0.1", max: "1"}
  derivedMetrics:
  - {name: sizes, expression: dataset.testSize + dataset.trainingSize + dataset.validationSize + dataset.facts.classes}
  - {name: cost, expression: "billableSeconds / 3600 * instanceCount * prices[instanceType]"}
  prices: {ml.p3.2xlarge: "3.825"}
  datasets:
  - name: birds
    channels:
    - {name: training, s3URI: "s3://bucket/birds/train/", contentType: application/x-image}
    - {name: validation, s3URI: "s3://bucket/birds/val/"}
    - {name: test, s3URI: "s3://bucket/birds/test/"}
    hyperparameters: {epochs: "3"}
    testSize: 600
    trainingSize: 6000
    validationSize: 600
    facts: {classes: "256"}
  candidates:
  - name: js
    jumpStart:
      modelID: tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4
      version: "4.*"
      acceptEULA: true
      allowDeprecated: true
      allowVulnerable: true
    hyperparameters: {label_smoothing: "0.2"}
    metricDefinitions:
    - {name: parameters, regex: "- Number of parameters: ([0-9]+)"}
  - name: newest
    jumpStart: {modelID: tensorflow-ic-swin-large-patch4-window7-224}
  - name: own
    algorithm: {trainingImage: "111122223333.dkr.ecr.us-west-2.amazonaws.com/resnet:3", inputMode: FastFile}
    hyperparameters: {"say": "it \"works\" für alle"}
  tuning:
    objective: {metric: val_accuracy, goal: Maximize}
    strategy: Bayesian
    maxTrainingJobs: 2
    maxParallelTrainingJobs: 2
    maxRuntimeSeconds: 360000
    earlyStopping: Auto
    randomSeed: 7
    completionCriteria: {targetObjectiveValue: "0.99", maxTrainingJobsNotImproving: 5, completeOnConvergence: true}
    parameterRanges:
    - {name: learning_rate, continuous: {min: "0.0001", max: "1e-1", scaling: Logarithmic}}
    - {name: dropout_rate, continuous: {min: "0", max: "0.9", scaling: ReverseLogarithmic}}
    - {name: batch_size, integer: {min: "8", max: "64", scaling: Linear}}
    - {name: optimizer, categorical: {values: [adam, sgd]}}
    - {name: regularizers_l2, categorical: {multiplesOfDefault: ["1", "0.2"]}}
  training:
    instanceType: ml.p3.2xlarge
    instanceCount: 2
    volumeSizeGB: 50
    maxRuntimeSeconds: 36000
    hyperparameters: {epochs: "5", regularizers_l2: "0.0001"}
    metricPreset: Auto
    metricDefinitions:
    - {name: val_accuracy, regex: "- val_accuracy: ([0-9.]+)"}
    - {name: test_accuracy, regex: "- Test accuracy: ([0-9.]+)"}
    - {name: loss, regex: "- Test loss: ([0-9.]+(?:[eE][-+]?[0-9]+)?)"}
    outputS3URI: s3://bucket/selections/
    outputKMSKeyID: alias/out
    outputCompression: None
    volumeKMSKeyID: alias/volumes
    trainingPlanARN: arn:aws:sagemaker:us-west-2:111122223333:training-plan/vision-plan
    maxPendingSeconds: 7200
    inputMode: FastFile
    environment: {LOG_LEVEL: debug}
    vpc: {securityGroupIDs: [sg-0a], subnets: [subnet-0a, subnet-0b]}
    networkIsolation: true
    encryptInterContainerTraffic: true
    spot: {maxWaitSeconds: 72000}
    checkpoint: {s3URI: "s3://bucket/checkpoints/", localPath: /opt/ml/checkpoints, shared: true}
    maxRetryAttempts: 2
  tags: {team: vision}
  collect: Best
  maxConcurrentTuningJobs: 4
  retries: 1
  suspend: false
  suspendPolicy: Stop
  deletionPolicy: Stop
  readyPolicy: Completed
  rerun: first
"#;

/// Fields for other candidates and channels than those above. PARENT is a tuning job that has ended.
const LEVERS: &str = r#"
apiVersion: modelselection.dev/v1alpha1
kind: ModelSelection
metadata: {name: levers}
spec:
  executionRoleARN: arn:aws:iam::111122223333:role/SageMakerTraining
  objectives: [{metric: val_accuracy, goal: Maximize}]
  datasets:
  - name: streamed
    channels:
    - name: training
      s3URI: s3://bucket/birds/train.manifest
      s3DataType: AugmentedManifestFile
      attributeNames: [source-ref, class]
      s3DataDistribution: ShardedByS3Key
      inputMode: Pipe
      compression: Gzip
      recordWrapper: RecordIO
      shuffleSeed: 7
  - name: mounted
    channels:
    - {name: training, fileSystem: {id: fs-0123456789abcdef0, type: FSxLustre, directoryPath: /fsx/train, access: ReadOnly}}
  candidates:
  - name: own
    algorithm: {trainingImage: "111122223333.dkr.ecr.us-west-2.amazonaws.com/resnet:3"}
    hyperparameters: {epochs: "9"}
    warmStart: {type: TransferLearning, parentTuningJobNames: [PARENT], includeParentResults: true}
    parameterRanges: [{name: batch_size, integer: {min: "8", max: "64", scaling: Logarithmic}}]
  - {name: bought, algorithm: {algorithmName: bought-in-the-marketplace}}
  - {name: theirs, tuningJobName: PARENT, dataset: streamed}
  candidateSelectors:
  - jumpStart:
      task: ic
      framework: tensorflow
      include: ["*-mobilenet-v3-*"]
      exclude: ["*-large-*"]
      limit: 1
      includeDeprecated: true
      includeVulnerable: true
      acceptEULA: true
    hyperparameters: {epochs: "2"}
    parameterRanges: [{name: learning_rate, continuous: {min: "0.0001", max: "0.1"}}]
    metricDefinitions: [{name: parameters, regex: "- Number of parameters: ([0-9]+)"}]
  tuning:
    objective: {metric: val_accuracy, goal: Maximize}
    maxTrainingJobs: 2
    parameterRanges: [{name: batch_size, integer: {min: "8", max: "64"}}]
  training:
    instanceType: ml.g5.xlarge
    instanceFallbacks: [{instanceType: ml.g4dn.xlarge, instanceCount: 2, volumeSizeGB: 60}]
    vpc: {securityGroupIDs: [sg-0a], subnets: [subnet-0a]}
    metricDefinitions: [{name: val_accuracy, regex: "- val_accuracy: ([0-9.]+)"}]
    outputS3URI: s3://bucket/selections/
  maxConcurrentTuningJobs: 8
---
apiVersion: modelselection.dev/v1alpha1
kind: ModelSelection
metadata: {name: warm}
spec:
  executionRoleARN: arn:aws:iam::111122223333:role/SageMakerTraining
  objectives: [{metric: val_accuracy, goal: Maximize}]
  datasets: [{name: birds, channels: [{name: training, s3URI: "s3://bucket/birds/train/"}]}]
  candidates:
  - {name: own, algorithm: {trainingImage: "111122223333.dkr.ecr.us-west-2.amazonaws.com/resnet:3", inputMode: Pipe}}
  tuning:
    objective: {metric: val_accuracy, goal: Maximize}
    strategy: Random
    maxTrainingJobs: 2
    warmStart: {type: IdenticalDataAndAlgorithm, parentTuningJobNames: [PARENT], includeParentResults: true}
    parameterRanges: [{name: batch_size, integer: {min: "8", max: "64", scaling: Logarithmic}}]
  training:
    instanceType: ml.c5.2xlarge
    hyperparameters: {epochs: "9"}
    metricDefinitions: [{name: val_accuracy, regex: "- val_accuracy: ([0-9.]+)"}]
    outputS3URI: s3://bucket/selections/
---
apiVersion: modelselection.dev/v1alpha1
kind: ModelSelection
metadata: {name: autotune}
spec:
  executionRoleARN: arn:aws:iam::111122223333:role/SageMakerTraining
  objectives: [{metric: val_accuracy, goal: Maximize}]
  datasets: [{name: birds, channels: [{name: training, s3URI: "s3://bucket/birds/train/"}]}]
  candidates:
  - {name: js, jumpStart: {modelID: tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4}}
  tuning:
    objective: {metric: val_accuracy, goal: Maximize}
    maxTrainingJobs: 2
    autotune: true
    parameterRanges: [{name: learning_rate, auto: {}}, {name: batch_size, auto: {valueHint: "16"}}]
  training: {instanceType: ml.g5.xlarge, outputS3URI: "s3://bucket/selections/"}
"#;

/// The other strategies.
const STRATEGY: &str = r#"
apiVersion: modelselection.dev/v1alpha1
kind: ModelSelection
metadata: {name: NAME}
spec:
  executionRoleARN: arn:aws:iam::111122223333:role/SageMakerTraining
  objectives: [{metric: val_accuracy, goal: Maximize}]
  datasets:
  - name: birds
    channels: [{name: training, s3URI: "s3://bucket/birds/train/"}]
  candidates:
  - {name: js, jumpStart: {modelID: tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4, version: "*"}}
  - {name: own, algorithm: {trainingImage: "111122223333.dkr.ecr.us-west-2.amazonaws.com/resnet:3", inputMode: Pipe}}
  tuning:
    objective: {metric: val_accuracy, goal: Maximize}
TUNING
  training:
    instanceType: ml.c5.2xlarge
    hyperparameters: {epochs: "9"}
    metricDefinitions: [{name: val_accuracy, regex: "- val_accuracy: ([0-9.]+)"}]
    outputS3URI: s3://bucket/selections/
"#;
const HYPERBAND: &str = "    strategy: Hyperband
    maxTrainingJobs: 3
    hyperband: {minResource: 1, maxResource: 9}
    parameterRanges: [{name: learning_rate, continuous: {min: \"0.0001\", max: \"0.1\"}}]";
const GRID: &str = "    strategy: Grid
    parameterRanges:
    - {name: optimizer, categorical: {values: [adam, sgd]}}
    - {name: learning_rate, categorical: {values: [\"0.1\", \"0.01\"]}}";
const RANDOM: &str = "    strategy: Random
    maxTrainingJobs: 2
    parameterRanges: [{name: batch_size, integer: {min: \"8\", max: \"64\", scaling: Logarithmic}}]";

#[tokio::test]
async fn every_request_conforms_to_the_service_model() {
    let world =
        World::short_epochs("requests", &["--speed", "0"], &[("MODELSELECTION_CLUSTER_NAME", "snapshots")]).await;
    let namespaced = |yaml: &str| {
        yaml.replacen("metadata: {name: ", &format!("metadata: {{namespace: {}, name: ", world.namespace), 1)
    };
    let strategies = [("hyperband", HYPERBAND), ("grid", GRID), ("random", RANDOM)]
        .map(|(name, tuning)| STRATEGY.replace("NAME", name).replace("TUNING", tuning));
    let everything = namespaced(EVERYTHING);
    assert_every_field_is_used(&[&everything, &strategies[0], LEVERS]);

    // So that tags are read.
    world.emulator.fault(json!({"operation": CREATE, "kind": "DropAnswer", "count": 1})).await;
    apply_yaml(&world.client, &everything).await.unwrap();
    let running = |n: usize| move |status: &api::ModelSelectionStatus| runs_in(status, RunState::Running) == n;
    let status = world.await_observed("everything", "all run", running(3)).await;
    let sent = world.emulator.requests(CREATE).await;
    for candidate in ["js", "own"] {
        let name = run_of(&status, candidate).tuning_job_name.clone().unwrap();
        let request = sent.as_array().unwrap().iter().map(|entry| &entry["request"]);
        let request = request.clone().find(|request| request["HyperParameterTuningJobName"] == name.as_str()).unwrap();
        let text = serde_json::to_string_pretty(request).unwrap();
        let text = text.replace(&name, "NAME OF THE JOB").replace(&world.namespace, "NAMESPACE");
        insta::assert_snapshot!(format!("create_{candidate}"), text);
    }

    // An edit stops one job, suspend stops the others, and after that all of them run again.
    let edited = everything.replace("label_smoothing: \"0.2\"", "label_smoothing: \"0.3\"");
    apply_yaml(&world.client, &edited).await.unwrap();
    world
        .await_observed("everything", "all run again", |s| {
            running(3)(s) && s.superseded.iter().all(|job| job.stop_requested)
        })
        .await;
    let suspend = |value: bool| {
        let patch = json!({"spec": {"suspend": value}});
        let selections = world.selections.clone();
        async move {
            selections.patch("everything", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
        }
    };
    suspend(true).await;
    world.await_observed("everything", "all are being stopped", |s| runs_in(s, RunState::Stopping) == 3).await;
    // The status shows it before the calls are made: the stop of the edit, and three of suspend.
    await_until("all stops are requested", DEADLINE, async || world.calls_of("StopHyperParameterTuningJob").await >= 4)
        .await;
    world.emulator.advance(100).await;
    world.await_observed("everything", "all have stopped", |s| runs_in(s, RunState::Stopped) == 3).await;
    suspend(false).await;
    world.await_observed("everything", "all run once more", running(3)).await;
    world.selections.delete("everything", &DeleteParams::default()).await.unwrap();
    await_gone(&world.selections, "everything", DEADLINE).await;

    world.emulator.set_speed(3000.0).await;
    for yaml in &strategies {
        apply_yaml(&world.client, &namespaced(yaml)).await.unwrap();
    }
    for name in ["hyperband", "grid", "random"] {
        let status = world.await_complete(name).await;
        assert_eq!(runs_in(&status, RunState::Succeeded), 2, "{name}: {status:#?}");
    }

    let random = world.await_complete("random").await;
    let parent = run_of(&random, "own").tuning_job_name.clone().unwrap();
    for document in LEVERS.replace("PARENT", &parent).split("---") {
        apply_yaml(&world.client, &namespaced(document)).await.unwrap();
    }
    let status = world.await_complete("levers").await;
    assert_eq!(runs_in(&status, RunState::Succeeded), 7, "{status:#?}");
    for name in ["autotune", "warm"] {
        let status = world.await_complete(name).await;
        assert_eq!(runs_in(&status, RunState::Succeeded), 1, "{status:#?}");
    }

    let requests = world.emulator.requests("").await;
    let requests = requests.as_array().unwrap();
    println!("{} requests: {}", requests.len(), world.emulator.calls().await);
    let mut operations = BTreeSet::new();
    for entry in requests {
        let operation = entry["operation"].as_str().unwrap();
        operations.insert(operation);
        let violations = validate(operation, &entry["request"]);
        assert!(violations.is_empty(), "{operation}: {violations:?}\n{entry:#}");
        assert_eq!(entry["unknownMembers"], json!([]), "{entry:#}");
        assert_eq!(entry["authorizationPresent"], true, "{entry:#}");
        assert_eq!(entry["securityTokenPresent"], false, "{entry:#}");
        assert!(
            entry["error"].is_null() || entry["error"] == "DropAnswer" || entry["error"] == "ResourceInUse",
            "{entry:#}"
        );
    }
    let all = [
        CREATE,
        "DescribeHubContent",
        "DescribeHyperParameterTuningJob",
        "DescribeTrainingJob",
        "ListHubContentVersions",
        "ListHubContents",
        "ListHyperParameterTuningJobs",
        "ListTags",
        "Search",
        "StopHyperParameterTuningJob",
    ];
    assert_eq!(operations.into_iter().collect::<Vec<_>>(), all);
}

/// Temporary credentials are used with their token.
#[tokio::test]
async fn a_session_token_is_sent_along() {
    let world = World::short_epochs("token", &["--speed", "0"], &[("AWS_SESSION_TOKEN", "dummy")]).await;
    world.apply(&Selection::one_metric("token").images(&["a"])).await;
    await_until("a job is created", DEADLINE, async || world.calls_of(CREATE).await > 0).await;
    let requests = world.emulator.requests(CREATE).await;
    assert_eq!(requests[0]["securityTokenPresent"], true, "{requests:#}");
}

fn assert_every_field_is_used(manifests: &[&str]) {
    let crd = serde_json::to_value(crd()).expect("a CRD is JSON");
    let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    let manifests: Vec<Value> =
        manifests.iter().flat_map(|yaml| serde_saphyr::from_multiple::<Value>(yaml).expect("YAML")).collect();
    let specs: Vec<&Value> =
        manifests.iter().map(|manifest| &manifest["spec"]).filter(|spec| !spec.is_null()).collect();
    let mut unused = Vec::new();
    find_unused(schema, &specs, "spec", &mut unused);
    assert!(unused.is_empty(), "fields that no manifest here uses: {unused:?}");
}

fn find_unused(schema: &Value, values: &[&Value], path: &str, unused: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        // The type is the same as in tuning, where each kind is used.
        if name == "parameterRanges" && path != "spec.tuning.parameterRanges" {
            continue;
        }
        // Overrides have the fields of what they override; the others do not affect the request.
        let of_overrides = ["training", "tuning"].contains(&name.as_str()) && path.contains("candidate");
        let silent = ["observed", "scale", "recommend"].contains(&name.as_str());
        if of_overrides || silent || name == "channelOverrides" {
            continue;
        }
        let given: Vec<&Value> = values.iter().filter_map(|value| value.get(name)).collect();
        if given.is_empty() {
            unused.push(path);
        } else {
            find_unused(property, &given, &path, unused);
        }
    }
    if schema["items"].is_object() {
        let items: Vec<&Value> = values.iter().filter_map(|value| value.as_array()).flatten().collect();
        find_unused(&schema["items"], &items, path, unused);
    }
}
