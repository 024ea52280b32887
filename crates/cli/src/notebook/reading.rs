//! Which values of a notebook are used, and which are not.

use std::collections::BTreeMap;

use api::{Channel, MetricDefinition};

use super::value::Value;
use crate::draft::Draft;
use crate::draft::checked::{Change, Checked};

/// The findings in a notebook, in words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The values that the draft contains now.
    pub(crate) taken: Vec<String>,
    /// The values of the notebook that are not in the draft, with the reason; and missing values.
    pub(crate) not_taken: Vec<String>,
}

/// A draft that receives values of a notebook and records them.
pub(super) struct Reader<'a> {
    draft: &'a mut Checked,
    reading: Reading,
    job: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(draft: &'a mut Checked) -> Self {
        Self { draft, reading: Reading::default(), job: false }
    }

    /// Records that the notebook trains something.
    pub(super) fn job(&mut self) {
        self.job = true;
    }

    /// Whether the notebook trains something.
    pub(super) fn found_job(&self) -> bool {
        self.job
    }

    /// Sets the value called `what`, unless the manifest would be invalid.
    pub(super) fn take(&mut self, what: &str, shown: &str, change: impl FnOnce(&mut Draft) -> Result<(), String>) {
        match self.draft.change(change) {
            Ok(()) => note(&mut self.reading.taken, format!("{what}: {shown}")),
            Err(why) => self.leave(&format!("{what}: {shown}: {why}")),
        }
    }

    /// Records a value that is not used.
    pub(super) fn leave(&mut self, line: &str) {
        note(&mut self.reading.not_taken, line.to_owned());
    }

    /// Reads a string; records it if only Python knows it.
    pub(super) fn text(&mut self, what: &str, value: Option<&Value>, set: impl FnOnce(&mut Draft, &str)) {
        let Some(value) = value else { return };
        match value.text() {
            Some(text) => self.take(what, text, |draft| {
                set(draft, text);
                Ok(())
            }),
            None => self.unknown(what, value),
        }
    }

    /// Reads an integer; records it if only Python knows it.
    pub(super) fn number(&mut self, what: &str, value: Option<&Value>, set: impl FnOnce(&mut Draft, i32)) {
        let Some(value) = value else { return };
        match value.whole() {
            Some(number) => self.take(what, &number.to_string(), |draft| {
                set(draft, number);
                Ok(())
            }),
            None => self.unknown(what, value),
        }
    }

    /// Records a value that only Python knows.
    pub(super) fn unknown(&mut self, what: &str, value: &Value) {
        self.leave(&format!("{what}: {}: known only when the notebook runs", value.shown()));
    }

    /// Reads several values of one kind, and lists them in one line.
    fn take_each(&mut self, what: &str, values: Vec<(String, Change<'_>)>) {
        let (shown, changes): (Vec<String>, Vec<Change<'_>>) = values.into_iter().unzip();
        let results = self.draft.change_each(&changes);
        let mut taken = Vec::new();
        for (shown, result) in shown.into_iter().zip(results) {
            match result {
                Ok(()) => taken.push(shown),
                Err(why) => self.leave(&format!("{what} {shown}: {why}")),
            }
        }
        if !taken.is_empty() {
            note(&mut self.reading.taken, format!("{what}: {}", taken.join(", ")));
        }
    }

    /// Reads fixed hyperparameters; skips those that the SDK adds, since the operator sets them.
    pub(super) fn hyperparameters<'v>(&mut self, members: impl IntoIterator<Item = (&'v str, &'v Value)>) {
        let mut known: Vec<(String, Change<'_>)> = Vec::new();
        for (name, value) in members.into_iter().filter(|(name, _)| !name.starts_with("sagemaker_")) {
            let Some(text) = value.scalar() else {
                self.unknown(&format!("hyperparameter {name}"), value);
                continue;
            };
            known.push((
                format!("{name}={text}"),
                Box::new(move |draft| {
                    draft.hyperparameters.insert(name.to_owned(), text.clone());
                    Ok(())
                }),
            ));
        }
        self.take_each("hyperparameters", known);
    }

    /// Reads definitions of metrics, `{"Name": …, "Regex": …}` each.
    pub(super) fn metrics(&mut self, definitions: Option<&Value>) {
        let Some(definitions) = definitions else { return };
        if !matches!(definitions, Value::List(_)) {
            return self.unknown("metric definitions", definitions);
        }
        let mut known: Vec<(String, Change<'_>)> = Vec::new();
        for definition in definitions.items() {
            let (name, regex) = (definition.get("Name"), definition.get("Regex"));
            let (Some(name), Some(regex)) = (name.and_then(Value::text), regex.and_then(Value::text)) else {
                self.unknown("metric definition", definition);
                continue;
            };
            known.push((
                name.to_owned(),
                Box::new(move |draft| {
                    draft.metrics.retain(|other| other.name != name);
                    draft.metrics.push(MetricDefinition { name: name.to_owned(), regex: regex.to_owned() });
                    Ok(())
                }),
            ));
        }
        self.take_each("metric definitions", known);
    }

    /// Reads environment variables.
    pub(super) fn environment(&mut self, members: &[(Value, Value)]) {
        let known: BTreeMap<String, String> =
            members.iter().filter_map(|(name, value)| Some((name.text()?.to_owned(), value.scalar()?))).collect();
        if !known.is_empty() {
            let names = known.keys().cloned().collect::<Vec<_>>().join(", ");
            self.take("environment", &names, |draft| {
                draft.environment.extend(known);
                Ok(())
            });
        }
    }

    /// Reads the channels of a dataset; the dataset's name is derived from the location of its data.
    pub(super) fn dataset(&mut self, channels: Vec<Channel>) {
        let Some(first) = channels.first().and_then(|channel| channel.s3_uri.clone()) else { return };
        let draft = self.draft.draft();
        if draft.datasets.iter().any(|dataset| dataset.channels == channels) {
            return;
        }
        let wanted = dataset_name(&first);
        let taken = |name: &String| draft.datasets.iter().any(|dataset| dataset.name == *name);
        let more = (2..).map(|number| format!("{wanted}-{number}"));
        let name = std::iter::once(wanted.clone()).chain(more).find(|name| !taken(name)).unwrap_or_default();
        for channel in channels {
            let shown = format!("{name}/{}={}", channel.name, channel.s3_uri.as_deref().unwrap_or_default());
            self.take("data", &shown, |draft| {
                draft.add_channel(&name, channel);
                Ok(())
            });
        }
    }

    /// All findings, including values that a manifest needs and the notebook does not have.
    pub(super) fn end(mut self) -> Reading {
        let mentioned = |reading: &Reading, what: &str| reading.not_taken.iter().any(|line| line.starts_with(what));
        let draft = self.draft.draft();
        let needs = [
            (draft.candidates.is_empty(), "model"),
            (draft.datasets.is_empty(), "data"),
            (draft.role.is_none(), "role"),
            (draft.search.is_none(), "objective"),
            (draft.ranges.is_empty(), "range"),
            (draft.instance_type.is_none(), "instance type"),
        ];
        let missing: Vec<&str> = needs.into_iter().filter(|(missing, _)| *missing).map(|(_, what)| what).collect();
        for what in missing {
            if !mentioned(&self.reading, what) {
                self.leave(&format!("{what}: the notebook does not say it"));
            }
        }
        self.reading
    }
}

/// Adds a line once.
fn note(lines: &mut Vec<String>, line: String) {
    if !lines.contains(&line) {
        lines.push(line);
    }
}

/// The last folder whose name describes the data and not its purpose.
fn dataset_name(uri: &str) -> String {
    const PURPOSES: [&str; 9] =
        ["train", "training", "data", "input", "inputs", "val", "validation", "test", "datasets"];
    let path = uri.strip_prefix("s3://").unwrap_or(uri).split('/').skip(1);
    let folders: Vec<&str> = path.filter(|part| !part.is_empty() && !PURPOSES.contains(part)).collect();
    let letters = |name: &str| -> String {
        let allowed = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' });
        allowed.take(63).collect::<String>().trim_matches('-').to_owned()
    };
    folders.last().map(|name| letters(name)).filter(|name| !name.is_empty()).unwrap_or_else(|| "dataset".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dataset_is_called_as_its_folder() {
        for (uri, name) in [
            ("s3://bucket/tf_flowers/train/", "tf-flowers"),
            ("s3://bucket/a/birds.v2/", "birds-v2"),
            ("s3://bucket/train/", "dataset"),
            ("s3://bucket", "dataset"),
            ("s3://bucket/--/", "dataset"),
        ] {
            assert_eq!(dataset_name(uri), name, "{uri}");
        }
    }
}
