//! Runs the commands of the runbooks, and checks that they show what the page says. There is no node here, so `kubectl
//! logs` is replaced by the operator's log, commands that need a shell in a Pod are left out, and so is the AWS CLI.
#![allow(clippy::unwrap_used)] // a test may panic

use std::path::Path;
use std::process::Command;

use api::Reason;
use serde_json::json;
use testkit::manifests::apply;
use testkit::run_folder::run_folder;
use testkit::world::DEADLINE;
use testkit::{ControlPlane, ControlPlaneOptions, Selection, World, await_until, kubectl};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const STAND_INS: &str = r#"
kubectl() {
  case " $* " in
    *" logs "*) cat "$OPERATORS_LOG" ;;
    *" exec "* | *" port-forward "* | *" debug "* | *" run "*) ;;
    *) command kubectl "$@" ;;
  esac
}
aws() { :; }
curl() { command curl -sS "$OPERATOR/readyz"; }
"#;

/// Runbooks, and the expected output of their commands. Those without output have only commands that must be run
/// elsewhere.
const SHOWN: [(&str, &[&str]); 11] = [
    ("AccessDenied", &["NAMESPACE/denied AccessDenied: candidate 'denied'", "kind: ServiceAccount"]),
    ("LeaderChanges", &["leading", "readyz check passed"]),
    ("NoLeader", &["holderIdentity: ", "leading", "ok", "yes"]),
    ("ObservationStale", &["cannot list the running tuning jobs", "NAMESPACE/denied AccessDenied: "]),
    ("OperatorDown", &["deployment.apps/modelselection-operator"]),
    ("QuotaReached", &["NAMESPACE/two ", " birds Create"]),
    ("ReconcileErrors", &["readyz check passed", "ok"]),
    ("RunsStuck", &["1 AccessDenied", "1 QuotaExceeded", "NAMESPACE/two ", " birds QuotaExceeded: "]),
    ("SageMakerUnavailable", &["cannot list the running tuning jobs"]),
    ("Stalled", &["NAMESPACE/denied AccessDenied since 20", "Kind:         ModelSelection"]),
    ("Throttled", &[]),
];

/// The shell commands of a page.
fn commands(page: &str) -> String {
    page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[tokio::test]
async fn the_commands_show_what_the_runbooks_say() {
    // The commands list the selections of all namespaces.
    let plane = &ControlPlane::start(ControlPlaneOptions::default()).await;
    let world = World::short_epochs_on(plane, "runbooks", &["--speed", "0", "--max-tuning-jobs", "1"], &[]).await;
    let create = "CreateHyperParameterTuningJob";
    world.emulator.fault(json!({"operation": create, "kind": "AccessDenied", "nameContains": "denied"})).await;
    world.apply(&Selection::one_metric("denied").images(&["denied"])).await;
    world.await_condition("denied", "Stalled", Reason::AccessDenied).await;
    world.apply(&Selection::one_metric("two").images(&["a", "b"])).await;
    let waits = |run: &api::RunStatus| run.reason == Some(Reason::QuotaExceeded);
    world.await_observed("two", "one waits for the quota", |status| status.runs.iter().any(waits)).await;
    // A selection that no operator has observed has hardly any status: the commands must handle it.
    apply(&world.client, &Selection::one_metric("unseen").images(&["a"]).manifest("default")).await.unwrap();
    let list = "ListHyperParameterTuningJobs";
    world.emulator.fault(json!({"operation": list, "kind": "InternalFailure", "count": 10})).await;
    await_until("the trouble is logged", DEADLINE, async || world.operator.logs().contains("cannot list")).await;

    let here = |text: &str| text.replace("modelselection-system", &world.namespace);
    let (code, built) = kubectl(plane, &["kustomize", &format!("{ROOT}/deploy/overlays/cluster-wide")], "");
    assert_eq!(code, 0, "{built}");
    let arguments = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
    let (code, said) = kubectl(plane, &arguments, &here(&built));
    assert_eq!(code, 0, "{said}");

    let log = run_folder().join("the-operators.log");
    let mut runbooks = 0;
    for entry in Path::new(ROOT).join("docs/runbooks").read_dir().unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap().trim_start_matches("ModelSelection").to_owned();
        if name == "README" {
            continue;
        }
        runbooks += 1;
        let commands = here(&commands(&std::fs::read_to_string(&file).unwrap()));
        let commands = commands.replace("-n NAMESPACE", &format!("-n {}", world.namespace)).replace(" NAME", " denied");
        std::fs::write(&log, world.operator.logs()).unwrap();
        let mut bash = Command::new("bash");
        bash.args(["-e", "-c", &format!("{STAND_INS}\n{commands}")]).env("KUBECONFIG", plane.kubeconfig());
        bash.env("OPERATORS_LOG", &log).env("OPERATOR", world.operator.http());
        let output = bash.output().unwrap();
        let [shown, said] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert!(output.status.success(), "{name}: {said}\n{commands}");
        let quiet = said.lines().all(|line| line.starts_with("No resources found"));
        assert!(quiet, "{name}: {said}\n{commands}");
        let (_, expected) = SHOWN.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name} is new"));
        for part in *expected {
            let part = part.replace("NAMESPACE", &world.namespace);
            assert!(shown.contains(&part), "{name} does not show {part}:\n{shown}\n{commands}");
        }
    }
    assert_eq!(runbooks, SHOWN.len());
}
