//! The short forms of command-line values: `METRIC:Maximize`, `NAME=s3://…`, `batch_size=8..64`.

use api::{
    Algorithm, Candidate, CategoricalRange, ContinuousRange, Goal, IntegerRange, JumpStart, MetricDefinition,
    Objective, ParameterRange,
};
use serde::de::DeserializeOwned;

use super::{Draft, channel, dataset};

#[allow(clippy::unnecessary_wraps)] // all parsers have one signature
impl Draft {
    /// `ID`, or `ID@VERSION`.
    pub(crate) fn model(&mut self, word: &str) -> Result<(), String> {
        let (id, version) = word.split_once('@').map_or((word, None), |(id, version)| (id, Some(version)));
        self.add_model(id, version);
        Ok(())
    }

    /// Adds a candidate of a JumpStart model, once.
    pub(crate) fn add_model(&mut self, id: &str, version: Option<&str>) {
        let model = JumpStart { model_id: id.to_owned(), version: version.map(str::to_owned), ..JumpStart::default() };
        let known = self.candidates.iter().filter_map(|candidate| candidate.jump_start.as_ref());
        if known.into_iter().all(|known| *known != model) {
            let name = self.free_name(id);
            self.candidates.push(Candidate { name, jump_start: Some(model), ..Candidate::default() });
        }
    }

    /// Adds a candidate of a training image, once.
    pub(crate) fn image(&mut self, image: &str) -> Result<(), String> {
        let algorithm = Algorithm { training_image: Some(image.to_owned()), ..Algorithm::default() };
        if self.candidates.iter().all(|candidate| candidate.algorithm.as_ref() != Some(&algorithm)) {
            let last = image.rsplit('/').next().unwrap_or(image);
            let name = self.free_name(last.split(['@', ':']).next().unwrap_or(last));
            self.candidates.push(Candidate { name, algorithm: Some(algorithm), ..Candidate::default() });
        }
        Ok(())
    }

    /// A name that no candidate has.
    fn free_name(&self, wanted: &str) -> String {
        let taken = |name: &String| self.candidates.iter().any(|candidate| candidate.name == *name);
        let more = (2..).map(|number| format!("{wanted}-{number}"));
        std::iter::once(wanted.to_owned()).chain(more).find(|name| !taken(name)).unwrap_or_default()
    }

    /// The word that the ids of all models of a task contain.
    pub(crate) fn task(&mut self, word: &str) -> Result<(), String> {
        self.task = Some(word.to_owned());
        Ok(())
    }

    /// `NAME=s3://…` for the channel `training`, `NAME/CHANNEL=s3://…` for another.
    pub(crate) fn data(&mut self, word: &str) -> Result<(), String> {
        let (name, uri) = word.split_once('=').ok_or("write it as NAME=s3://BUCKET/FOLDER/")?;
        let (name, channel_name) = name.split_once('/').unwrap_or((name, "training"));
        self.add_channel(name, channel(channel_name, uri));
        Ok(())
    }

    /// Sets a channel of a dataset; replaces a channel of the same name.
    pub(crate) fn add_channel(&mut self, name: &str, channel: api::Channel) {
        let index = self.datasets.iter().position(|dataset| dataset.name == name).unwrap_or_else(|| {
            self.datasets.push(dataset(name, Vec::new()));
            self.datasets.len() - 1
        });
        let channels = &mut self.datasets[index].channels;
        channels.retain(|other| other.name != channel.name);
        channels.push(channel);
    }

    /// `METRIC:Maximize` or `METRIC:Minimize`.
    pub(crate) fn objective(&mut self, word: &str) -> Result<(), String> {
        // The name of a metric may contain a colon.
        let (metric, goal) = word.rsplit_once(':').ok_or("write it as METRIC:Maximize or METRIC:Minimize")?;
        let objective = Objective { metric: metric.to_owned(), goal: self::goal(goal)?, scale: None };
        self.objectives.retain(|other| other.metric != objective.metric);
        self.objectives.push(objective);
        Ok(())
    }

    /// `NAME=REGEX`.
    pub(crate) fn metric(&mut self, word: &str) -> Result<(), String> {
        let (name, regex) = word.split_once('=').ok_or("write it as NAME=REGEX")?;
        self.metrics.retain(|other| other.name != name);
        self.metrics.push(MetricDefinition { name: name.to_owned(), regex: regex.to_owned() });
        Ok(())
    }

    /// `NAME=MIN..MAX` or `NAME=MIN..MAX:SCALING` for numbers, `NAME=A,B,C` for categories.
    pub(crate) fn range(&mut self, word: &str) -> Result<(), String> {
        let (name, values) = word.split_once('=').ok_or("write it as NAME=MIN..MAX[:SCALING] or NAME=A,B,C")?;
        let mut range = ParameterRange { name: name.to_owned(), ..ParameterRange::default() };
        match values.split_once("..") {
            None => range.categorical = Some(categorical(values.split(',').map(str::to_owned).collect())),
            Some((min, rest)) => {
                let (max, scaling) = rest.split_once(':').map_or((rest, None), |(max, scaling)| (max, Some(scaling)));
                numbers(&mut range, min, max, scaling)?;
            }
        }
        self.add_range(range);
        Ok(())
    }

    /// Sets a range; replaces a range of the same name.
    pub(crate) fn add_range(&mut self, range: ParameterRange) {
        self.ranges.retain(|other| other.name != range.name);
        self.ranges.push(range);
    }

    /// `NAME=VALUE`.
    pub(crate) fn hyperparameter(&mut self, word: &str) -> Result<(), String> {
        let (name, value) = word.split_once('=').ok_or("write it as NAME=VALUE")?;
        self.hyperparameters.insert(name.to_owned(), value.to_owned());
        Ok(())
    }
}

/// Integers if both bounds are integers.
fn numbers(range: &mut ParameterRange, min: &str, max: &str, scaling: Option<&str>) -> Result<(), String> {
    let (low, high) = (min.to_owned(), max.to_owned());
    if min.parse::<i64>().is_ok() && max.parse::<i64>().is_ok() {
        let scaling = scaling.map(|word| variant(word, "Auto, Linear, Logarithmic")).transpose()?;
        range.integer = Some(IntegerRange { min: low, max: high, scaling });
    } else {
        let scaling = scaling.map(|word| variant(word, "Auto, Linear, Logarithmic, ReverseLogarithmic")).transpose()?;
        range.continuous = Some(ContinuousRange { min: low, max: high, scaling });
    }
    Ok(())
}

/// The values of a comma-separated list.
pub(crate) fn categorical(values: Vec<String>) -> CategoricalRange {
    CategoricalRange { values, multiples_of_default: Vec::new() }
}

/// Parses a goal, case-insensitively.
pub(crate) fn goal(word: &str) -> Result<Goal, String> {
    variant(word, "Maximize, Minimize")
}

/// Parses a value of an enumeration, case-insensitively.
pub(crate) fn variant<T: DeserializeOwned>(word: &str, names: &str) -> Result<T, String> {
    let found = names.split(", ").find(|name| name.eq_ignore_ascii_case(word.trim()));
    found
        .and_then(|name| serde_json::from_value(name.into()).ok())
        .ok_or_else(|| format!("'{word}' is not one of {names}"))
}
