//! Hyperparameters that are fixed for all candidates. A name that one candidate does not have may be meant for another
//! one; a name that no candidate has is a mistake, which the training scripts would ignore.

use std::collections::BTreeSet;

use super::model::Model;
use api::{Candidate, ModelSelectionSpec, Reason};
use decide::fingerprint::Definition;
use decide::problem::Problem;
use decide::suggest;

/// The names that no candidate checked so far has.
#[derive(Debug, Default)]
pub struct Shared {
    open: BTreeSet<String>,
    known: BTreeSet<String>,
}

impl Shared {
    /// The names that training and the datasets of `spec` fix. Empty if a candidate accepts any name, as own images do.
    pub fn of(spec: &ModelSelectionSpec) -> Self {
        if spec.candidates.iter().any(|candidate| candidate.algorithm.is_some()) {
            return Self::default();
        }
        let datasets = spec.datasets.iter().map(|dataset| &dataset.hyperparameters);
        let open = datasets.chain([&spec.training.hyperparameters]).flat_map(|names| names.keys().cloned()).collect();
        Self { open, known: BTreeSet::new() }
    }

    /// Whether each name is known to belong to a candidate.
    pub fn settled(&self) -> bool {
        self.open.is_empty()
    }

    /// Removes the names that the model of a candidate has on that instance type. A model whose description lists no
    /// hyperparameters may have any.
    pub fn see(&mut self, model: &Model, instance_type: &str) {
        let model = model.on(instance_type);
        let names = model.hyperparameters.iter().filter(|known| !known.container).map(|known| known.name.clone());
        let before = self.known.len();
        self.known.extend(names);
        if model.hyperparameters.is_empty() {
            self.open.clear();
        } else if self.known.len() > before {
            self.open.retain(|name| !self.known.contains(name));
        }
    }

    /// A name that the run of `candidate` gets and that no candidate has.
    pub fn unknown<'a>(&'a self, definition: &Definition, candidate: &Candidate) -> Option<&'a str> {
        let gets = |name: &&String| {
            definition.hyperparameters.contains_key(*name) && !candidate.overrides.hyperparameters.contains_key(*name)
        };
        self.open.iter().find(gets).map(String::as_str)
    }

    /// The problem for such a name.
    pub fn problem(&self, spec: &ModelSelectionSpec, name: &str) -> Problem {
        let training = spec.training.hyperparameters.contains_key(name);
        let field = if training { "`training.hyperparameters`" } else { "`hyperparameters` of the dataset" };
        let known = || self.known.iter().map(String::as_str);
        let remedy = match suggest::nearest(name, known()) {
            Some(near) => format!("did you mean '{near}'?"),
            None => suggest::there_are(known()),
        };
        let message = format!("{field} has '{name}', a hyperparameter that no candidate has; {remedy}");
        Problem::new(Reason::UnknownHyperparameter, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub_document::tests::bit;
    use crate::model::Hyperparameter;
    use decide::fingerprint::Source;
    use samples::spec;

    fn with(name: &str) -> Model {
        let known = Hyperparameter { name: name.to_owned(), ..Hyperparameter::default() };
        Model { hyperparameters: vec![known], ..Model::default() }
    }

    #[test]
    fn only_names_that_no_candidate_has_are_refused() {
        for (name, own_image, models, refused) in [
            ("epochs", false, vec![bit()], None),
            ("epoch", false, vec![bit()], Some("did you mean 'epochs'?")),
            ("zzz", false, vec![bit()], Some("there are augmentation")),
            // Another candidate has it, or accepts any name, or lists none.
            ("epoch", false, vec![bit(), with("epoch")], None),
            ("epoch", true, vec![bit()], None),
            ("epoch", false, vec![bit(), Model::default()], None),
        ] {
            let mut spec = spec();
            spec.candidates.truncate(if own_image { 2 } else { 1 });
            spec.training.hyperparameters = [(name.to_owned(), "5".to_owned())].into();
            let mut shared = Shared::of(&spec);
            models.iter().for_each(|model| shared.see(model, "ml.p3.2xlarge"));
            let source = Source::JumpStart { model_id: "bit".to_owned(), version: "1".to_owned() };
            let definition = Definition::new(&spec, "us-west-2", &spec.datasets[0], &spec.candidates[0], source);
            let unknown = shared.unknown(&definition, &spec.candidates[0]);
            assert_eq!(unknown, refused.map(|_| name), "{shared:?}");
            assert_eq!(shared.settled(), refused.is_none());
            let message = unknown.map(|name| shared.problem(&spec, name).message).unwrap_or_default();
            assert!(message.contains(refused.unwrap_or_default()), "{message}");
            // The candidate's own hyperparameters are checked against its model.
            spec.candidates[0].overrides.hyperparameters = spec.training.hyperparameters.clone();
            assert_eq!(shared.unknown(&definition, &spec.candidates[0]), None);
        }
    }
}
