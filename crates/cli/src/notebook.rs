//! Reads a notebook that starts tuning jobs as a draft of a manifest.
//!
//! [`python`] interprets the cells as far as possible, [`sdk`] knows the calls of the vendor's Python SDK, and
//! [`boto3`] the request of the API. The notebook is not executed.

mod boto3;
mod python;
mod reading;
mod sdk;
mod value;

use serde::Deserialize;

use self::reading::Reader;
pub(crate) use self::reading::Reading;
use crate::draft::checked::Checked;

/// The relevant parts of a notebook in the format of Jupyter (nbformat 4).
#[derive(Deserialize)]
struct Notebook {
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    cell_type: String,
    source: Source,
}

/// A list of lines, or one string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Lines(Vec<String>),
    Whole(String),
}

/// Applies to the draft what the notebook starts.
///
/// # Errors
/// If it is not a notebook, or starts no tuning job.
pub(crate) fn read(text: &str, draft: &mut Checked) -> Result<Reading, String> {
    let notebook: Notebook =
        serde_json::from_str(text).map_err(|error| format!("it is not a Jupyter notebook of format 4: {error}"))?;
    let calls = python::calls(&source(&notebook));
    let mut reader = Reader::new(draft);
    sdk::read(&calls, &mut reader);
    boto3::read(&calls, &mut reader);
    if !reader.found_job() {
        let known = "HyperparameterTuner, Estimator, JumpStartEstimator, image_uris.retrieve(model_id=…) or \
                     create_hyper_parameter_tuning_job";
        return Err(format!("no cell calls {known}"));
    }
    Ok(reader.end())
}

/// The code of all cells. Omits `IPython`'s extensions of Python: lines that begin with `%`, `!` or `?`.
fn source(notebook: &Notebook) -> String {
    let mut source = String::new();
    for cell in notebook.cells.iter().filter(|cell| cell.cell_type == "code") {
        let text = match &cell.source {
            Source::Lines(lines) => lines.concat(),
            Source::Whole(text) => text.clone(),
        };
        // A cell of another language.
        if text.trim_start().starts_with("%%") && !text.trim_start().starts_with("%%time") {
            continue;
        }
        let python = text.lines().filter(|line| !line.trim_start().starts_with(['%', '!', '?']));
        python.for_each(|line| source.push_str(&format!("{line}\n")));
    }
    source
}

#[cfg(test)]
mod tests;
