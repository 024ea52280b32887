//! `new`: a manifest that lints, from flags, answers, or a notebook.

mod questions;

use std::path::Path;
use std::process::ExitCode;

use crate::args::NewArgs;
use crate::draft::checked::{Checked, yaml};
use crate::draft::{Draft, Example};
use crate::failure::{Failure, Outcome};
use crate::{notebook, output};

pub(crate) fn run(args: &NewArgs, namespace: Option<&String>) -> Outcome {
    let mut checked = Checked::new();
    if let Some(file) = &args.from_notebook {
        from_notebook(file, &mut checked)?;
    }
    flags(args, namespace, &mut checked).map_err(Failure::Told)?;
    if !args.no_questions && questions::can_be_asked() {
        questions::ask(&mut checked)?;
    }
    let examples = checked.draft().examples();
    let text = with_header(&yaml(checked.draft()).map_err(Failure::Told)?, &examples);
    match &args.output {
        None => output::text(&text)?,
        Some(file) => write(file, &text, args.force)?,
    }
    report(&examples);
    Ok(ExitCode::SUCCESS)
}

/// Takes what the notebook says, and reports what.
fn from_notebook(file: &Path, checked: &mut Checked) -> Result<(), Failure> {
    let unusable = |why: &dyn std::fmt::Display| Failure::Told(format!("{}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unusable(&error))?;
    let read = notebook::read(&text, checked).map_err(|why| unusable(&why))?;
    let list = |title: &str, lines: &[String]| {
        if !lines.is_empty() {
            output::note(&format!("{title}\n  {}", lines.join("\n  ")));
        }
    };
    list("taken from the notebook:", &read.taken);
    list("not taken:", &read.not_taken);
    Ok(())
}

/// Takes what the flags say. Lists that flags give replace those of the notebook.
fn flags(args: &NewArgs, namespace: Option<&String>, checked: &mut Checked) -> Result<(), String> {
    let mut set = |flag: &str, change: &dyn Fn(&mut Draft) -> Result<(), String>| {
        checked.change(change).map_err(|why| format!("{flag}: {why}"))
    };
    let words: [(&str, &[String], fn(&mut Draft, &str) -> Result<(), String>, fn(&mut Draft)); 5] = [
        ("--metric", &args.metric, Draft::metric, |draft| draft.metrics.clear()),
        ("--dataset", &args.dataset, Draft::data, |draft| draft.datasets.clear()),
        ("--objective", &args.objective, Draft::objective, |draft| {
            draft.objectives.clear();
            draft.search = None;
        }),
        ("--range", &args.range, Draft::range, |draft| draft.ranges.clear()),
        ("--hyperparameter", &args.hyperparameter, Draft::hyperparameter, |_| ()),
    ];
    set("--model, --image, --task", &|draft| candidates(args, draft))?;
    for (flag, words, word, clear) in words {
        if !words.is_empty() {
            set(flag, &|draft| {
                clear(draft);
                words.iter().try_for_each(|text| word(draft, text))
            })?;
        }
    }
    set("NAME", &|draft| given(&mut draft.name, args.selection.as_ref()))?;
    set("--namespace", &|draft| given(&mut draft.namespace, namespace))?;
    // Each belongs to a partition of AWS.
    set("--region, --role", &|draft| {
        given(&mut draft.region, args.region.as_ref())?;
        given(&mut draft.role, args.role.as_ref())
    })?;
    set("--max-training-jobs", &|draft| given(&mut draft.max_training_jobs, args.max_training_jobs.as_ref()))?;
    set("--instance-type", &|draft| given(&mut draft.instance_type, args.instance_type.as_ref()))?;
    set("--output-uri", &|draft| given(&mut draft.output, args.output_uri.as_ref()))
}

fn candidates(args: &NewArgs, draft: &mut Draft) -> Result<(), String> {
    if args.model.is_empty() && args.image.is_empty() && args.task.is_none() {
        return Ok(());
    }
    draft.candidates.clear();
    draft.task.clone_from(&args.task);
    args.model.iter().try_for_each(|model| draft.model(model))?;
    args.image.iter().try_for_each(|image| draft.image(image))
}

#[allow(clippy::unnecessary_wraps)] // as the other changes of a draft
fn given<T: Clone>(field: &mut Option<T>, value: Option<&T>) -> Result<(), String> {
    if let Some(value) = value {
        *field = Some(value.clone());
    }
    Ok(())
}

/// The manifest below a comment that lists what has to be changed.
fn with_header(manifest: &str, examples: &[Example]) -> String {
    let mut text = "# Written by `kubectl modelselection new`.\n".to_owned();
    let open: Vec<&Example> = examples.iter().filter(|example| !example.may_do).collect();
    if !open.is_empty() {
        text.push_str("# Examples that have to be changed:\n");
    }
    for Example { field, value, .. } in open {
        text.push_str(&format!("#   {field}: {value}\n"));
    }
    text + manifest
}

fn write(file: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let why = |error: std::io::Error| Failure::Told(format!("cannot write {}: {error}", file.display()));
    if force {
        std::fs::write(file, text).map_err(why)?;
    } else {
        let mut new = std::fs::File::create_new(file).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Failure::Told(format!("{} exists; overwrite it with --force", file.display()))
            }
            _ => why(error),
        })?;
        std::io::Write::write_all(&mut new, text.as_bytes()).map_err(why)?;
    }
    output::note(&format!("{} written; next: kubectl modelselection plan -f {0}", file.display()));
    Ok(())
}

/// Says what nobody gave.
fn report(examples: &[Example]) {
    for may_do in [false, true] {
        let lines: Vec<String> = examples
            .iter()
            .filter(|example| example.may_do == may_do)
            .map(|Example { field, value, .. }| format!("  {field}: {value}"))
            .collect();
        if !lines.is_empty() {
            let title = if may_do { "defaults:" } else { "not given; change these examples before you apply:" };
            output::note(&format!("{title}\n{}", lines.join("\n")));
        }
    }
}
