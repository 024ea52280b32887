//! `lint`, without a server. That it says what the server says is held by `tests/api/admission`.

use std::process::Command;

use testkit::programs::ROOT;

use super::{PLUGIN, Said, said};

fn lint(manifest: &str) -> Said {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), manifest).unwrap();
    // No cluster is asked.
    said(Command::new(PLUGIN).args(["lint", "-f"]).arg(file.path()).env("KUBECONFIG", "/nowhere"))
}

#[test]
fn the_examples_are_valid_without_a_server() {
    for entry in std::fs::read_dir(format!("{ROOT}/examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let said = said(Command::new(PLUGIN).args(["lint", "-f"]).arg(&path).env("KUBECONFIG", "/nowhere"));
            assert_eq!((said.code, said.err.as_str()), (0, ""), "{}: {said:?}", path.display());
            assert!(said.out.contains(" is valid"), "{said:?}");
        }
    }
}

#[test]
fn numbers_without_quotes_hide_nothing() {
    let manifest = std::fs::read_to_string(format!("{ROOT}/examples/constraints.yaml")).unwrap();
    let said = lint(&manifest.replace("executionRoleARN: ", "executionRoleARN: not-an-arn-").replace("\"0.5\"", "0.5"));
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("min: put the value in quotes, as it is written"), "{said:?}");
    let (_, hidden) = said.out.split_once("after that, the server also reports:").unwrap();
    assert!(hidden.contains("`executionRoleARN` must be the ARN of an IAM role"), "{said:?}");
}

#[test]
fn what_is_wrong_is_reported_with_the_field() {
    let manifest = std::fs::read_to_string(format!("{ROOT}/examples/minimal.yaml")).unwrap();
    let said = lint(&manifest.replace("executionRoleARN: ", "executionRoleARN: not-an-arn-"));
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("  spec.executionRoleARN: Invalid value: "), "{said:?}");
    let unreadable = lint("kind: [");
    assert!(unreadable.code == 1 && unreadable.err.starts_with("error: "), "{unreadable:?}");
    let other = lint("apiVersion: v1\nkind: ConfigMap\n");
    assert!(other.code == 1 && other.err.contains("no ModelSelection"), "{other:?}");
}
