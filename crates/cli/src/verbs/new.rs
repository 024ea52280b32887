//! `new`: writes a valid manifest, from flags, answers, or a notebook.

mod questions;

use std::path::Path;
use std::process::ExitCode;

use crate::args::NewArgs;
use crate::draft::checked::{Change, Checked, yaml};
use crate::draft::{Draft, Example};
use crate::failure::{Failure, Outcome};
use crate::{notebook, output};

pub(crate) fn run(args: &NewArgs, namespace: Option<&String>) -> Outcome {
    let mut checked = Checked::new();
    if let Some(file) = &args.from_notebook {
        from_notebook(file, &mut checked)?;
    }
    flags(args, namespace, &mut checked).map_err(Failure::Message)?;
    if !args.no_questions && questions::can_be_asked() {
        questions::ask(&mut checked)?;
    }
    let examples = checked.draft().examples();
    let text = with_header(&yaml(checked.draft()).map_err(Failure::Message)?, &examples);
    match &args.output {
        None => output::text(&text)?,
        Some(file) => write(file, &text, args.force)?,
    }
    report(&examples);
    Ok(ExitCode::SUCCESS)
}

/// Reads the notebook's values, and reports them.
fn from_notebook(file: &Path, checked: &mut Checked) -> Result<(), Failure> {
    let unusable = |why: &dyn std::fmt::Display| Failure::Message(format!("{}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unusable(&error))?;
    let read = notebook::read(&text, checked).map_err(|why| unusable(&why))?;
    if let Some(stem) = file.file_stem() {
        let name = object_name(&stem.to_string_lossy());
        // If the file's name gives no valid name, the example stays.
        let _ = checked.change(|draft| {
            draft.name = Some(name.clone());
            Ok(())
        });
    }
    let list = |title: &str, lines: &[String]| {
        if !lines.is_empty() {
            output::note(&format!("{title}\n  {}", lines.join("\n  ")));
        }
    };
    list("taken from the notebook:", &read.taken);
    list("not taken:", &read.not_taken);
    Ok(())
}

/// The name of a Kubernetes object, derived from a file's name.
fn object_name(file: &str) -> String {
    let letters = file.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    letters.take(63).collect::<String>().trim_matches('-').to_owned()
}

/// Reads the flags. Lists in flags replace those of the notebook.
fn flags(args: &NewArgs, namespace: Option<&String>, checked: &mut Checked) -> Result<(), String> {
    let (flags, changes): (Vec<&str>, Vec<Change<'_>>) = changes(args, namespace).into_iter().unzip();
    for (flag, result) in flags.into_iter().zip(checked.change_each(&changes)) {
        result.map_err(|why| format!("{flag}: {why}"))?;
    }
    Ok(())
}

/// A flag, its values, the change for each value, and the change before the first one.
type List<'a> = (&'static str, &'a [String], Word, fn(&mut Draft));

/// The changes of the given flags. Metrics come before the fields that refer to them.
fn changes<'a>(args: &'a NewArgs, namespace: Option<&'a String>) -> Vec<(&'static str, Change<'a>)> {
    let mut changes: Vec<(&str, Change<'a>)> = Vec::new();
    if !args.model.is_empty() || !args.image.is_empty() || args.task.is_some() {
        changes.push(("--model, --image, --task", Box::new(|draft| candidates(args, draft))));
    }
    let lists: [List<'_>; 5] = [
        ("--metric", &args.metric, Draft::metric, |draft| draft.metrics.clear()),
        ("--dataset", &args.dataset, Draft::data, |draft| draft.datasets.clear()),
        ("--objective", &args.objective, Draft::objective, |draft| {
            draft.objectives.clear();
            draft.search = None;
        }),
        ("--range", &args.range, Draft::range, |draft| draft.ranges.clear()),
        ("--hyperparameter", &args.hyperparameter, Draft::hyperparameter, |_| ()),
    ];
    for (flag, words, word, clear) in lists.into_iter().filter(|(_, words, ..)| !words.is_empty()) {
        changes.push((
            flag,
            Box::new(move |draft| {
                clear(draft);
                words.iter().try_for_each(|text| word(draft, text))
            }),
        ));
    }
    // Region and role must belong to the same partition of AWS.
    changes.push((
        "the flags",
        Box::new(move |draft| {
            give(&mut draft.name, args.selection.as_ref());
            give(&mut draft.namespace, namespace);
            give(&mut draft.region, args.region.as_ref());
            give(&mut draft.role, args.role.as_ref());
            give(&mut draft.max_training_jobs, args.max_training_jobs.as_ref());
            give(&mut draft.instance_type, args.instance_type.as_ref());
            give(&mut draft.output, args.output_uri.as_ref());
            Ok(())
        }),
    ));
    changes
}

/// Applies a value of a flag.
type Word = fn(&mut Draft, &str) -> Result<(), String>;

fn candidates(args: &NewArgs, draft: &mut Draft) -> Result<(), String> {
    if args.model.is_empty() && args.image.is_empty() && args.task.is_none() {
        return Ok(());
    }
    draft.candidates.clear();
    draft.task.clone_from(&args.task);
    args.model.iter().try_for_each(|model| draft.model(model))?;
    args.image.iter().try_for_each(|image| draft.image(image))
}

fn give<T: Clone>(field: &mut Option<T>, value: Option<&T>) {
    if let Some(value) = value {
        *field = Some(value.clone());
    }
}

/// The manifest, after a comment that lists the fields to change.
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
    let why = |error: std::io::Error| Failure::Message(format!("cannot write {}: {error}", file.display()));
    if force {
        std::fs::write(file, text).map_err(why)?;
    } else {
        let mut new = std::fs::File::create_new(file).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Failure::Message(format!("{} exists; overwrite it with --force", file.display()))
            }
            _ => why(error),
        })?;
        std::io::Write::write_all(&mut new, text.as_bytes()).map_err(why)?;
    }
    output::note(&format!("{} written; next: kubectl modelselection plan -f {0}", file.display()));
    Ok(())
}

/// Reports the fields that were not given.
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

#[cfg(test)]
mod tests;
