//! The questions of `new`, one for each value that was not given. Each has a default, and rejects invalid answers.

use std::io::IsTerminal as _;

use dialoguer::Input;

use crate::draft::checked::Checked;
use crate::draft::{DATASET, Draft, INSTANCE_TYPE, METRIC, MODEL, NAME, ROLE, TRAINING_JOBS};
use crate::failure::Failure;

/// A question about a draft.
struct Question {
    text: &'static str,
    default: String,
    /// Whether the value was given already.
    given: fn(&Draft) -> bool,
    answer: fn(&mut Draft, &str) -> Result<(), String>,
}

/// Whether a user at a terminal can answer.
pub(super) fn can_be_asked() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for the values that were not given. A default keeps the example.
pub(super) fn ask(checked: &mut Checked) -> Result<(), Failure> {
    for Question { text, default, given, answer } in questions() {
        if given(checked.draft()) {
            continue;
        }
        let prompt = Input::<String>::new().with_prompt(text).default(default.clone());
        let prompt = prompt.validate_with(|words: &String| {
            let words = words.trim();
            if *words == default { Ok(()) } else { checked.change(|draft| answer(draft, words)) }
        });
        prompt.interact_text().map_err(|dialoguer::Error::IO(error)| Failure::Io(error))?;
    }
    Ok(())
}

fn questions() -> Vec<Question> {
    let question = |text, default: &str, given, answer| Question { text, default: default.to_owned(), given, answer };
    vec![
        question(
            "Name of the selection",
            NAME,
            |draft| draft.name.is_some(),
            |draft, words| {
                draft.name = Some(words.to_owned());
                Ok(())
            },
        ),
        question(
            "JumpStart models or your own images, separated by spaces; or task=WORD for all models of a task, such as task=ic",
            MODEL,
            |draft| draft.task.is_some() || !draft.candidates.is_empty(),
            |draft, words| words.split_whitespace().try_for_each(|word| candidate(draft, word)),
        ),
        question(
            "Data, as S3 URI or NAME[/CHANNEL]=S3URI, separated by spaces",
            DATASET,
            |draft| !draft.datasets.is_empty(),
            |draft, words| words.split_whitespace().try_for_each(|word| data(draft, word)),
        ),
        question(
            "Objectives, as METRIC:Maximize or METRIC:Minimize, separated by spaces",
            &format!("{METRIC}:Maximize"),
            |draft| !draft.objectives.is_empty(),
            |draft, words| words.split_whitespace().try_for_each(|word| draft.objective(word)),
        ),
        question(
            "Role that the training jobs run as",
            ROLE,
            |draft| draft.role.is_some(),
            |draft, words| {
                draft.role = Some(words.to_owned());
                Ok(())
            },
        ),
        question(
            "Instance type",
            INSTANCE_TYPE,
            |draft| draft.instance_type.is_some(),
            |draft, words| {
                draft.instance_type = Some(words.to_owned());
                Ok(())
            },
        ),
        question(
            "Training jobs of each run",
            &TRAINING_JOBS.to_string(),
            |draft| draft.max_training_jobs.is_some(),
            |draft, words| {
                let number = words.parse().map_err(|_| format!("'{words}' is not a whole number"))?;
                draft.max_training_jobs = Some(number);
                Ok(())
            },
        ),
    ]
}

fn candidate(draft: &mut Draft, word: &str) -> Result<(), String> {
    match word.strip_prefix("task=") {
        Some(task) => draft.task(task),
        // The address of a registry contains a dot, the id of a model does not.
        None if word.contains('/') => draft.image(word),
        None => draft.model(word),
    }
}

fn data(draft: &mut Draft, word: &str) -> Result<(), String> {
    if word.contains('=') { draft.data(word) } else { draft.data(&format!("dataset={word}")) }
}
