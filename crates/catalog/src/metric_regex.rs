//! Checks the regexes of metrics.
//!
//! SageMaker uses Java's regex syntax. Syntax that only Java has, such as look-around, is left to SageMaker.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{Ast, ErrorKind, Visitor, visit};

use api::{Candidate, MetricDefinition, ModelSelectionSpec, Reason};
use decide::problem::Problem;

/// Checks the metric definitions of training and of the candidate.
pub(super) fn check(spec: &ModelSelectionSpec, candidate: Option<&Candidate>) -> Result<(), Problem> {
    all("training.metricDefinitions", &spec.training.metric_definitions)?;
    let Some(candidate) = candidate else { return Ok(()) };
    all(&format!("candidates['{}'].metricDefinitions", candidate.name), &candidate.overrides.metric_definitions)
}

fn all(field: &str, definitions: &[MetricDefinition]) -> Result<(), Problem> {
    for (index, definition) in definitions.iter().enumerate() {
        if let Some(why) = mistake(&definition.regex) {
            let message = format!("`{field}[{index}].regex`: {why}; correct the regex of '{}'", definition.name);
            return Err(Problem::new(Reason::InvalidRequest, message));
        }
    }
    Ok(())
}

/// The error in a regex, if it is one in every dialect.
fn mistake(regex: &str) -> Option<String> {
    let error = match Parser::new().parse(regex) {
        Ok(ast) => return (groups(&ast) == 0).then(|| "it has no capture group, which must hold the value".to_owned()),
        Err(error) => error,
    };
    let wrong = matches!(
        error.kind(),
        ErrorKind::GroupUnclosed
            | ErrorKind::GroupUnopened
            | ErrorKind::ClassUnclosed
            | ErrorKind::ClassRangeInvalid
            | ErrorKind::EscapeUnexpectedEof
            | ErrorKind::RepetitionMissing
            | ErrorKind::RepetitionCountInvalid
    );
    wrong.then(|| error.kind().to_string())
}

fn groups(ast: &Ast) -> usize {
    struct Count(usize);
    impl Visitor for Count {
        type Output = usize;
        type Err = std::convert::Infallible;
        fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
            if let Ast::Group(group) = ast {
                self.0 += usize::from(group.is_capturing());
            }
            Ok(())
        }
        fn finish(self) -> Result<usize, Self::Err> {
            Ok(self.0)
        }
    }
    match visit(ast, Count(0)) {
        Ok(count) => count,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use samples::spec;

    #[test]
    fn only_errors_in_every_dialect_are_reported() {
        for (regex, expected) in [
            ("loss: ([0-9.]+)", None),
            ("(?<value>[0-9]+)", None),
            ("loss: ([0-9.]+", Some("unclosed group")),
            ("loss: [0-9.]+)", Some("unopened group")),
            ("loss: ([0-9.+)", Some("unclosed character class")),
            ("loss: [0-9.]+", Some("it has no capture group")),
            ("loss: (?:[0-9.]+)", Some("it has no capture group")),
            (r"loss: \(1\)", Some("it has no capture group")),
            ("*(a)", Some("repetition operator missing expression")),
            ("(a)\\", Some("incomplete escape sequence")),
            // Valid in Java, but not in Rust.
            ("(?<=loss: )([0-9.]+)", None),
            (r"(a)\1", None),
            ("([0-9]++)", None),
            (r"(\Qa\E)", None),
        ] {
            let found = mistake(regex);
            assert_eq!(found.is_some(), expected.is_some(), "{regex}: {found:?}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{regex}");
        }
    }

    #[test]
    fn the_field_is_named() {
        let mut spec = spec();
        let wrong = MetricDefinition { name: "loss".into(), regex: "loss: ([0-9.]+".into() };
        spec.candidates[1].overrides.metric_definitions = vec![wrong.clone()];
        let problem = check(&spec, Some(&spec.candidates[1])).unwrap_err();
        assert_eq!(
            problem.message,
            "`candidates['own'].metricDefinitions[0].regex`: unclosed group; correct the regex of 'loss'"
        );
        let index = spec.training.metric_definitions.len();
        spec.training.metric_definitions.push(wrong);
        let message = check(&spec, None).unwrap_err().message;
        assert!(
            message.starts_with(&format!("`training.metricDefinitions[{index}].regex`: unclosed group")),
            "{message}"
        );
    }
}
