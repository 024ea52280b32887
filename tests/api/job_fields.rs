//! Each member of SageMaker's request is set by a field of the API, or docs/reference/job-fields.md says why not.
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeSet;

use serde_json::Value;

const PAGE: &str = include_str!("../../docs/reference/job-fields.md");
const CRD: &str = include_str!("../../crds/modelselections.yaml");
const SERVICE_MODEL: &str = include_str!("../../crates/emulator/src/service-model.json");

/// A row of the page.
struct Row<'a> {
    /// A path; with `.*` everything below it.
    member: &'a str,
    /// The fields, 'the operator', or 'no'.
    set_by: &'a str,
    remark: &'a str,
}

impl Row<'_> {
    fn is_of(&self, path: &str) -> bool {
        match self.member.strip_suffix('*') {
            Some(above) => path.starts_with(above),
            None => path == self.member,
        }
    }

    fn fields(&self) -> impl Iterator<Item = &str> {
        self.set_by.split('`').filter(|text| text.starts_with("spec."))
    }
}

fn rows() -> Vec<Row<'static>> {
    let lines = PAGE.lines().filter(|line| line.starts_with("| `"));
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [member, set_by, remark] = cells[..] else { panic!("no row of three cells: {line}") };
        Row { member: member.trim_matches('`'), set_by, remark }
    });
    rows.collect()
}

/// The paths of all members that are not structures, starting from a shape: `A.B[].C`.
fn members(shapes: &Value, shape: &str, path: &str, found: &mut Vec<String>) {
    let is_structure = |shape: &str| shapes[shape]["members"].as_object().is_some_and(|members| !members.is_empty());
    match shapes[shape]["type"].as_str().unwrap() {
        "structure" if is_structure(shape) => {
            for (name, member) in shapes[shape]["members"].as_object().unwrap() {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                members(shapes, member["shape"].as_str().unwrap(), &path, found);
            }
        }
        "list" if is_structure(shapes[shape]["member"]["shape"].as_str().unwrap()) => {
            members(shapes, shapes[shape]["member"]["shape"].as_str().unwrap(), &format!("{path}[]"), found);
        }
        _ => found.push(path.to_owned()),
    }
}

fn request() -> Vec<String> {
    let model: Value = serde_json::from_str(SERVICE_MODEL).unwrap();
    let mut found = Vec::new();
    members(&model["shapes"], "CreateHyperParameterTuningJobRequest", "", &mut found);
    assert!(found.len() > 150, "the service model has only {found:?}");
    found
}

#[test]
fn each_member_of_the_request_has_one_row() {
    let rows = rows();
    let wrong: Vec<String> = request()
        .into_iter()
        .filter_map(|path| match rows.iter().filter(|row| row.is_of(&path)).count() {
            1 => None,
            n => Some(format!("{path} has {n} rows")),
        })
        .collect();
    assert!(wrong.is_empty(), "docs/reference/job-fields.md:\n{}", wrong.join("\n"));
}

#[test]
fn each_row_belongs_to_a_member_of_the_request() {
    let request = request();
    let idle: Vec<&str> =
        rows().iter().filter(|row| !request.iter().any(|path| row.is_of(path))).map(|row| row.member).collect();
    assert!(idle.is_empty(), "the service model has none of {idle:?}");
    assert_eq!(rows().iter().map(|row| row.member).collect::<BTreeSet<_>>().len(), rows().len(), "a row is duplicated");
}

#[test]
fn each_row_names_fields_that_exist_or_says_why_there_is_none() {
    let crd: Value = serde_saphyr::from_str(CRD).unwrap();
    let root = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    for row in rows() {
        let mut fields = row.fields().peekable();
        if fields.peek().is_none() {
            assert!(["no", "the operator"].contains(&row.set_by), "{}: set by {}", row.member, row.set_by);
            assert!(!row.remark.is_empty(), "{}: why not?", row.member);
        }
        for field in fields {
            let schema = field.split('.').try_fold(root, |schema, name| {
                let properties = schema.get("properties")?;
                match name.strip_suffix("[]") {
                    Some(list) => properties.get(list)?.get("items"),
                    None => properties.get(name),
                }
            });
            assert!(schema.is_some(), "{}: the API has no field {field}", row.member);
        }
    }
}
