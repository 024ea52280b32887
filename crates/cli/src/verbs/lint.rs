//! `lint`: checks manifests against the schema and the rules, without a server.

use std::path::Path;
use std::process::ExitCode;

use api::plain;
use lint::{Linter, Unquoted};
use serde_json::Value;

use crate::failure::Outcome;
use crate::{manifest, output};

pub(crate) fn run(files: &[std::path::PathBuf]) -> Outcome {
    let linter = Linter::new();
    let mut good = true;
    for file in files {
        let documents = manifest::read(file)?;
        let mut found = 0;
        for document in documents.iter().filter(|document| manifest::is_selection(document)) {
            found += 1;
            good &= report(&linter, file, document)?;
        }
        if found == 0 {
            output::note(&format!("{}: no ModelSelection of modelselection.dev/v1alpha1", file.display()));
            good = false;
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the problems of a document. Returns whether there are none.
fn report(linter: &Linter, file: &Path, document: &Value) -> Result<bool, crate::failure::Failure> {
    let name = document["metadata"]["name"].as_str().unwrap_or("(without a name)");
    let faults = linter.check(document);
    let mut text =
        format!("{}: {} {}\n", file.display(), plain(name), if faults.is_empty() { "is valid" } else { "is invalid" });
    for fault in &faults {
        text.push_str(&format!("  {}\n", plain(fault)));
    }
    let Unquoted { remedies, hidden } = linter.unquoted(document);
    for remedy in &remedies {
        text.push_str(&format!("  {}\n", plain(remedy)));
    }
    if !hidden.is_empty() {
        text.push_str("  after that, the server also reports:\n");
    }
    for fault in &hidden {
        text.push_str(&format!("    {}\n", plain(fault)));
    }
    output::text(&text)?;
    Ok(faults.is_empty())
}
