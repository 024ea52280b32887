//! `logs`, with the log streams of moto over real HTTP, and with the unmodified operator and an emulated SageMaker.

use std::io::{BufRead as _, BufReader};
use std::process::Command;

use serde_json::json;
use testkit::world::LONG;
use testkit::{Moto, Selection, World, await_until};

use super::{Place, Said, said};
use samples::results::{complete, running};

const BEST: &str = "swin-large-patch4-window7-224-001";

/// Takes the machine's own settings of AWS away, and gives the command these.
pub(crate) fn with_aws<'a>(command: &'a mut Command, url: &str, key: (&str, &str)) -> &'a mut Command {
    for variable in std::env::vars_os().map(|(name, _)| name) {
        let name = variable.to_string_lossy().to_ascii_uppercase();
        if name.starts_with("AWS_") || name.ends_with("_PROXY") {
            command.env_remove(variable);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nowhere").env("AWS_ENDPOINT_URL", url);
    if !key.0.is_empty() {
        command.env("AWS_ACCESS_KEY_ID", key.0).env("AWS_SECRET_ACCESS_KEY", key.1);
    }
    command
}

/// The plugin with a moto, as somebody who may do everything.
fn run(place: &Place, moto: &Moto, arguments: &[&str]) -> Said {
    said(with_aws(&mut place.command(arguments), &moto.url(), ("any", "any")))
}

#[tokio::test]
async fn the_logs_of_the_best_training_job_are_shown_and_can_harm_no_terminal() {
    let moto = Moto::start().await;
    let place = Place::new("logs").await;
    place.put("caltech256", &complete()).await;
    let stream = format!("{BEST}/algo-1-1589012345");
    moto.create_stream(&stream).await;
    moto.write(&stream, &[(7200, "epoch 1"), (60, "1/9 [> ]\r9/9 [==]\u{1b}[2J"), (30, "epoch 2\nepoch 3")]).await;

    let shown = run(&place, &moto, &["logs", "caltech256", "swin-large-patch4-window7"]);
    assert_eq!((shown.code, shown.err.as_str()), (0, format!("training job {BEST}\n").as_str()), "{shown:?}");
    assert_eq!(shown.out, "epoch 1\n9/9 [==]\\u{1b}[2J\nepoch 2\nepoch 3\n");
    let tail = run(&place, &moto, &["logs", "cal", &format!("{}/caltech256", &BEST[..29]), "--tail", "1"]);
    assert_eq!(tail.out, "epoch 2\nepoch 3\n", "one event of two lines: {tail:?}");
    let since = run(&place, &moto, &["logs", "cal", "swin-large-patch4-window7", "--since", "45s"]);
    assert_eq!(since.out, "epoch 2\nepoch 3\n", "{since:?}");

    // A second instance, with lines between those of the first.
    let second = format!("{BEST}/algo-2-1589012345");
    moto.create_stream(&second).await;
    moto.write(&second, &[(3600, "hello"), (45, "world")]).await;
    let both = run(&place, &moto, &["logs", "caltech256", "--training-job", BEST, "swin-large-patch4-window7"]);
    let expected = "algo-1: epoch 1\nalgo-2: hello\nalgo-1: 9/9 [==]\\u{1b}[2J\nalgo-2: world\n";
    assert!(both.out.starts_with(expected), "{both:?}");
    // All has ended, also for who may not ask SageMaker: then there is nothing to follow.
    let followed = run(&place, &moto, &["logs", "caltech256", "swin-large-patch4-window7", "-f", "--tail", "1"]);
    assert_eq!((followed.code, followed.out.as_str()), (0, "algo-2: world\nalgo-1: epoch 2\nalgo-1: epoch 3\n"));
}

#[tokio::test]
async fn what_is_missing_is_said_with_the_remedy() {
    let moto = Moto::start().await;
    let place = Place::new("nologs").await;
    place.put("caltech256", &complete()).await;
    let mut waiting = running();
    waiting["runs"][0]["state"] = json!("Waiting");
    waiting["runs"][0]["message"] = json!("waits for a permit");
    place.put("waits", &waiting).await;
    let mut started = running();
    started["runs"][0]["tuningJobName"] = json!("ms-started");
    place.put("started", &started).await;
    for (arguments, expected) in [
        (
            &["logs", "caltech256", "swin-large-patch4-window7"] as &[&str],
            "has no log stream in /aws/sagemaker/TrainingJobs of us-west-2 yet",
        ),
        (
            &["logs", "started"],
            "tuning job 'ms-started' has no log stream in /aws/sagemaker/TrainingJobs of us-west-2 yet",
        ),
        (&["logs", "waits"], "run 'mobilenet/caltech256' has no tuning job yet: waits for a permit"),
        (
            &["logs", "caltech256", "resnet"],
            "there is no run 'resnet'; there are swin-large-patch4-window12-384/caltech256",
        ),
        (&["logs", "caltech256"], "which run: swin-large-patch4-window12-384/caltech256, "),
    ] {
        let shown = run(&place, &moto, arguments);
        assert!(shown.code == 1 && shown.err.contains(expected), "{arguments:?}: {shown:?}");
        assert_eq!(shown.out, "", "{shown:?}");
    }
    let best = ["logs", "caltech256", "swin-large-patch4-window7"];
    let nobody = said(with_aws(&mut place.command(&best), &moto.url(), ("", "")));
    assert!(nobody.code == 1 && nobody.err.contains("log in as for the AWS CLI"), "{nobody:?}");
    let mut nowhere = place.command(&[&best[..], &["--endpoint-url", "http://127.0.0.1:1"]].concat());
    let nowhere = said(with_aws(&mut nowhere, &moto.url(), ("any", "any")));
    assert!(
        nowhere.code == 1 && nowhere.err.contains("check the network, --region and AWS_ENDPOINT_URL"),
        "{nowhere:?}"
    );
}

#[tokio::test]
async fn who_may_not_read_logs_is_told_the_action() {
    let moto = Moto::with_permissions(2).await;
    let place = Place::new("denied").await;
    place.put("caltech256", &complete()).await;
    let (id, secret) = moto.create_user("nobody").await;
    let best = ["logs", "caltech256", "swin-large-patch4-window7"];
    let denied = said(with_aws(&mut place.command(&best), &moto.url(), (&id, &secret)));
    assert!(denied.code == 1 && denied.err.contains("allow your role logs:DescribeLogStreams"), "{denied:?}");
    let stranger = said(with_aws(&mut place.command(&best), &moto.url(), ("AKIAIOSFODNN7EXAMPLE", "wrong")));
    assert!(stranger.code == 1 && stranger.err.contains("log in as for the AWS CLI"), "{stranger:?}");
}

#[tokio::test]
async fn a_running_training_job_is_followed_to_its_end() {
    let moto = Moto::start().await;
    let world = World::held("follow").await;
    world.apply(&Selection::new("sel").images(&["a"])).await;
    let status = world.await_launched("sel").await;
    let tuning_job = status.runs[0].tuning_job_name.clone().unwrap();
    let request = json!({"HyperParameterTuningJobName": tuning_job});
    let list = "ListTrainingJobsForHyperParameterTuningJob";
    let job = await_until("a training job runs", testkit::world::DEADLINE, async || {
        world.emulator.advance(30).await;
        let listed = world.emulator.call(list, &request).await.ok()?;
        listed["TrainingJobSummaries"][0]["TrainingJobName"].as_str().map(str::to_owned)
    })
    .await;
    let stream = format!("{job}/algo-1-1589012345");
    moto.create_stream(&stream).await;
    moto.write(&stream, &[(1, "begun")]).await;

    let place = Place { plane: world.plane, client: world.client.clone(), namespace: world.namespace.clone() };
    let mut command = place.command(&["logs", "sel", "a", "--follow"]);
    with_aws(&mut command, &moto.url(), ("any", "any")).env("AWS_ENDPOINT_URL_SAGEMAKER", world.emulator.url());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "begun");
    moto.write(&stream, &[(0, "more")]).await;
    assert_eq!(lines.next().unwrap().unwrap(), "more");
    assert!(child.try_wait().unwrap().is_none(), "the training job goes on");
    moto.write(&stream, &[(0, "done")]).await;
    world.emulator.advance(LONG).await;
    assert_eq!(lines.next().unwrap().unwrap(), "done");
    assert!(lines.next().is_none());
    assert!(child.wait().unwrap().success());
}
