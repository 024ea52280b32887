//! Argo CD with selections: health, actions, staying Synced, pruning.

use kube::api::DynamicObject;
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

use crate::argocd_programs::{ArgoCd, GUIDE, REFRESH, Repository, applications, summary};
use crate::parts::{CRD, DEADLINE, annotate, await_summary, in_namespace, make_namespace, objects, of_guide, plane};
use testkit::manifests::apply;
use testkit::world::LONG;
use testkit::{Selection, World, await_gone, await_object, consistently, fresh_namespace};

/// The two ways to compare, each with the corresponding way to apply.
const APPLICATIONS: [&str; 2] = ["legacy", "server-side"];

/// A repository with a folder for each Application.
struct Fleet(Repository);

impl Fleet {
    async fn commit(&self, applications: &Api<DynamicObject>) {
        self.0.commit(applications, &APPLICATIONS).await;
    }

    /// Writes a selection into the folder of each Application, in the namespace of each.
    fn write(&self, selection: &Selection, namespace: &str) {
        for name in APPLICATIONS {
            let manifest = in_namespace(selection.0.clone(), &format!("{namespace}-{name}"));
            self.0.write(&format!("{name}/{}.json", selection.name()), &format!("{manifest:#}\n"));
        }
    }

    fn remove(&self, selection: &str) {
        APPLICATIONS.iter().for_each(|name| self.0.remove(&format!("{name}/{selection}.json")));
    }
}

/// The Application of the guide, with a source on this machine.
fn application(name: &str, fleet: &Fleet, namespace: &str) -> Value {
    let mut application = of_guide(GUIDE, "Application", "selections");
    application["metadata"]["name"] = json!(name);
    application["spec"]["source"]["repoURL"] = json!(fleet.0.url());
    application["spec"]["source"]["path"] = json!(name);
    application["spec"]["destination"]["namespace"] = json!(format!("{namespace}-{name}"));
    if name == "server-side" {
        let annotation = json!({"argocd.argoproj.io/compare-options": "ServerSideDiff=true"});
        assert!(GUIDE.contains("argocd.argoproj.io/compare-options: ServerSideDiff=true"));
        application["metadata"]["annotations"] = annotation;
        assert!(GUIDE.contains("syncOptions: [ServerSideApply=true]"));
        application["spec"]["syncPolicy"]["syncOptions"] = json!(["ServerSideApply=true"]);
    }
    application
}

/// Waits until both Applications show all of these.
async fn both_say(applications: &Api<DynamicObject>, parts: &[&str]) {
    for name in APPLICATIONS {
        await_summary(applications, name, parts, summary).await;
    }
}

#[tokio::test]
#[ignore = "builds Argo CD: make test-gitops"]
async fn argo_cd_shows_what_the_guide_says_and_never_sees_drift() {
    let plane = &plane(&[CRD]).await;
    let client = plane.client();
    let argo_cd = ArgoCd::start(plane, &client).await;
    let fleet = Fleet(Repository::new("fleet"));
    let namespace = fresh_namespace(&client, "argo").await;
    let [first, second] = APPLICATIONS.map(|name| format!("{namespace}-{name}"));
    for namespace in [&first, &second] {
        make_namespace(&client, namespace).await;
    }
    let mut world = World::start_in(plane, &format!("{first},{second}"), &["--speed", "0"], &[]).await;
    let applications = applications(&client).await;

    // Without an operator: the CRD exists, the selection is created, and it does not count as healthy.
    world.operator.kill();
    let flowers = || Selection::new("flowers").images(&["a"]);
    fleet.write(&flowers(), &namespace);
    for name in APPLICATIONS {
        apply(&client, &application(name, &fleet, &namespace)).await.unwrap();
    }
    fleet.commit(&applications).await;
    both_say(&applications, &["Synced Progressing", "flowers Synced Progressing the operator has not seen"]).await;

    // From here on it must be Synced at every check, as long as git does not change.
    world.start_operator();
    let done = ["Synced Healthy", "flowers Synced Healthy 1 of 1 runs ended: 1 succeeded"];
    let whole_run = async {
        both_say(&applications, &["Synced Healthy", "flowers Synced Healthy 0 of 1 runs ended; 1 running"]).await;
        assert_eq!(world.jobs_in("InProgress").await.len(), 2);
        compare(&applications).await;
        world.emulator.advance(LONG).await;
        both_say(&applications, &done).await;
        compare(&applications).await;
    };
    tokio::select! { () = stay_synced(&applications) => {}, () = whole_run => {} }

    // An edit with the other policy: Progressing while the new job runs.
    let edited =
        flowers().with("/readyPolicy", json!("Completed")).with("/training/hyperparameters/epochs", json!("3"));
    fleet.write(&edited, &namespace);
    fleet.commit(&applications).await;
    both_say(&applications, &["Synced Progressing", "flowers Synced Progressing 0 of 1 runs ended; 1 running"]).await;

    // Actions, through the API of the user interface. Git has neither field, so it stays Synced.
    let act = async |action| {
        argo_cd.act(APPLICATIONS[0], &first, "flowers", action).await;
        argo_cd.act(APPLICATIONS[1], &second, "flowers", action).await;
    };
    let running = ["Synced Progressing", "flowers Synced Progressing 0 of 1 runs ended; 1 running"];
    let before = world.jobs().await.len();
    let actions = async {
        act("suspend").await;
        both_say(&applications, &["Synced Suspended", "flowers Synced Suspended suspended: nothing new starts"]).await;
        act("resume").await;
        both_say(&applications, &running).await;
        world.emulator.advance(LONG).await;
        both_say(&applications, &done).await;
        act("rerun").await;
        both_say(&applications, &running).await;
        compare(&applications).await;
    };
    tokio::select! { () = stay_synced(&applications) => {}, () = actions => {} }
    assert_eq!(world.jobs().await.len(), before + 2);

    // A selection that can never succeed.
    fleet.write(&Selection::new("hopeless").jump_start("x", "tensorflow-ic-no-such-model", "*"), &namespace);
    fleet.commit(&applications).await;
    both_say(&applications, &["Synced Degraded", "hopeless Synced Degraded candidate 'x'"]).await;

    // Removed from git: deleted from the cluster, and its job is stopped.
    let running = world.jobs_in("InProgress").await;
    assert_eq!(running.len(), 2);
    fleet.remove("hopeless");
    fleet.remove("flowers");
    fleet.write(&Selection::new("other").images(&["b"]), &namespace);
    fleet.commit(&applications).await;
    for namespace in [&first, &second] {
        let selections = objects(&client, "modelselection.dev/v1alpha1", "ModelSelection", namespace).await;
        await_gone(&selections, "hopeless", DEADLINE).await;
        await_gone(&selections, "flowers", DEADLINE).await;
    }
    for job in running {
        world.await_stop(&job).await;
    }
    both_say(&applications, &["Synced Healthy", "other Synced Healthy 0 of 1 runs ended; 1 running"]).await;
}

/// Fails if one of the Applications is not Synced. Never ends by itself.
async fn stay_synced(applications: &Api<DynamicObject>) {
    consistently("both Applications are Synced", DEADLINE * 5, async || {
        for name in APPLICATIONS {
            let application = applications.get(name).await.map_err(|e| e.to_string())?;
            if application.data["status"]["sync"]["status"] != "Synced" {
                return Err(format!("{name}: {}", summary(&application)));
            }
        }
        Ok(())
    })
    .await;
    panic!("the test takes too long");
}

/// Refreshes both Applications, and waits until they are compared.
async fn compare(applications: &Api<DynamicObject>) {
    for name in APPLICATIONS {
        annotate(applications, name, REFRESH, "hard").await;
    }
    let compared = |application: &DynamicObject| !application.annotations().contains_key(REFRESH);
    for name in APPLICATIONS {
        await_object(applications, name, "compared", DEADLINE, compared).await;
    }
}
