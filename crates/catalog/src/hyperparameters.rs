//! Hyperparameters: the fixed and the searched ones, and whether the model accepts them.

use std::collections::BTreeMap;

use super::model::{Hyperparameter, Model};
use super::python;
use api::{ContinuousScaling, IntegerScaling, ParameterRange, Reason, parse_decimal, significant};
use decide::fingerprint::Definition;
use decide::problem::Problem;
use decide::suggest;
use sagemaker::SearchRange;

/// The hyperparameter that SageMaker adds itself.
const OF_SAGEMAKER: &str = "_tuning_objective_metric";

/// Refuses the name that SageMaker reserves. The names that control the script of a JumpStart model are refused as
/// unknown among a candidate's own hyperparameters, and overwritten among those of training and the dataset.
pub(super) fn unreserved(definition: &Definition) -> Result<(), Problem> {
    let searched = definition.parameter_ranges.iter().map(|range| &range.name);
    if definition.hyperparameters.keys().chain(searched).any(|name| name == OF_SAGEMAKER) {
        let message =
            format!("the hyperparameter '{OF_SAGEMAKER}' cannot be chosen: SageMaker sets it itself; remove it");
        return Err(Problem::new(Reason::InvalidHyperparameter, message));
    }
    Ok(())
}

/// SageMaker's limits on hyperparameters: 100 including the one that it adds itself, and values of 2500 characters in
/// their encoded form. `given` are the fixed ones that the user has set.
pub(super) fn within_limits(
    fixed: &BTreeMap<String, String>,
    given: &BTreeMap<String, String>,
    searched: usize,
    ranges_field: &str,
) -> Result<(), Problem> {
    let total = fixed.len() + searched;
    if total > 99 {
        let of_model = fixed.keys().filter(|name| !given.contains_key(*name)).count();
        let message = format!(
            "{total} hyperparameters, of which {searched} are in {ranges_field} and {of_model} are the model's own; SageMaker takes \
             at most 99; remove some of `hyperparameters` of `training`, the dataset and the candidate"
        );
        return Err(Problem::new(Reason::InvalidHyperparameter, message));
    }
    match fixed.iter().find(|(_, value)| value.chars().count() > 2500) {
        Some((name, _)) => {
            let message = format!(
                "the value of hyperparameter '{name}' must be at most 2500 characters long in its encoded form"
            );
            Err(Problem::new(Reason::InvalidHyperparameter, message))
        }
        None => Ok(()),
    }
}

/// The searched hyperparameters, which are in the field `ranges_field`, checked against the model, if there is one.
/// `values` are the fixed ones, which `multiplesOfDefault` uses as defaults.
pub(super) fn ranges(
    ranges_field: &str,
    ranges: &[ParameterRange],
    model: Option<&Model>,
    values: &BTreeMap<String, String>,
) -> Result<Vec<SearchRange>, Problem> {
    ranges.iter().map(|range| search_range(ranges_field, range, model, values)).collect()
}

/// The values that each hyperparameter may have, as far as they are known; of a range, its bounds.
pub(super) fn may_be(fixed: &BTreeMap<String, String>, ranges: &[SearchRange]) -> BTreeMap<String, Vec<String>> {
    let searched = ranges.iter().map(|range| match range {
        SearchRange::Continuous { name, min, max, .. } | SearchRange::Integer { name, min, max, .. } => {
            (name.clone(), vec![min.clone(), max.clone()])
        }
        SearchRange::Categorical { name, values } => (name.clone(), values.clone()),
        SearchRange::Auto { name, hint } => (name.clone(), vec![hint.clone()]),
    });
    fixed.iter().map(|(name, value)| (name.clone(), vec![value.clone()])).chain(searched).collect()
}

fn search_range(
    ranges_field: &str,
    range: &ParameterRange,
    model: Option<&Model>,
    values: &BTreeMap<String, String>,
) -> Result<SearchRange, Problem> {
    let ParameterRange { name, continuous, integer, categorical, auto } = range;
    let field = format!("{ranges_field} entry '{name}'");
    let known = match model {
        Some(model) => Some(model.hyperparameter(name).ok_or_else(|| unknown(&field, name, model))?),
        None => None,
    };
    let check = |text: &str| known.map_or(Ok(()), |known| accepts(&field, known, text));
    let is_text = known.is_some_and(|known| ["text", "list", "bool"].contains(&known.kind.as_str()));
    let numeric = |text: &str| -> Result<(), Problem> {
        if is_text {
            let message = format!("{field} must be `categorical`: the model does not accept numbers for it");
            return Err(Problem::new(Reason::InvalidHyperparameter, message));
        }
        check(text)
    };
    match (continuous, integer, categorical) {
        (Some(range), _, _) => {
            let scaling = range.scaling.unwrap_or(ContinuousScaling::Auto);
            bounds(&field, &range.min, &range.max, scaling == ContinuousScaling::Logarithmic)?;
            let within =
                |text: &str, least: bool| parse_decimal(text).is_some_and(|n| if least { n >= 0.0 } else { n < 1.0 });
            if scaling == ContinuousScaling::ReverseLogarithmic
                && !(within(&range.min, true) && within(&range.max, false))
            {
                let why = "`min` must be at least 0 and `max` less than 1 when `scaling` is 'ReverseLogarithmic'";
                return Err(Problem::new(Reason::InvalidHyperparameter, format!("{field}: {why}")));
            }
            numeric(&range.min)?;
            numeric(&range.max)?;
            if known.is_some_and(|known| known.kind == "int") {
                let message =
                    format!("{field} must be `integer` or `categorical`: the model accepts only whole numbers for it");
                return Err(Problem::new(Reason::InvalidHyperparameter, message));
            }
            Ok(SearchRange::Continuous { name: name.clone(), min: range.min.clone(), max: range.max.clone(), scaling })
        }
        (None, Some(range), _) => {
            let scaling = range.scaling.unwrap_or(IntegerScaling::Auto);
            bounds(&field, &range.min, &range.max, scaling == IntegerScaling::Logarithmic)?;
            numeric(&range.min)?;
            numeric(&range.max)?;
            Ok(SearchRange::Integer { name: name.clone(), min: range.min.clone(), max: range.max.clone(), scaling })
        }
        (None, None, Some(range)) => {
            if range.values.is_empty() == range.multiples_of_default.is_empty() {
                let why = "must have exactly one of `values` and `multiplesOfDefault`";
                return Err(Problem::new(Reason::InvalidHyperparameter, format!("{field} {why}")));
            }
            let mut list = range.values.clone();
            if !range.multiples_of_default.is_empty() {
                let default = values.get(name).map(String::as_str).unwrap_or_default();
                let whole = known.map(|known| known.kind == "int");
                list = multiples(&field, default, &range.multiples_of_default, whole)?;
            }
            list.iter().try_for_each(|value| check(value))?;
            Ok(SearchRange::Categorical { name: name.clone(), values: list })
        }
        (None, None, None) => {
            let hint = auto.as_ref().and_then(|auto| auto.value_hint.as_ref());
            let hint = hint.or_else(|| values.get(name)).ok_or_else(|| {
                let message = format!("{field} is `auto` and has no default; give it a `valueHint`");
                Problem::new(Reason::InvalidHyperparameter, message)
            })?;
            check(hint)?;
            Ok(SearchRange::Auto { name: name.clone(), hint: hint.clone() })
        }
    }
}

/// The schema's rules for the ranges of tuning and selectors. For the ranges of candidates they would exceed the API
/// server's CEL budget, so they are checked here.
fn bounds(field: &str, min: &str, max: &str, logarithmic: bool) -> Result<(), Problem> {
    let refuse = |why: &str| Err(Problem::new(Reason::InvalidHyperparameter, format!("{field}: {why}")));
    let (Some(least), Some(greatest)) = (parse_decimal(min), parse_decimal(max)) else {
        return refuse("`min` and `max` must be numbers");
    };
    if least >= greatest {
        return refuse(&format!("`min` {min} must be less than `max` {max}"));
    }
    if logarithmic && least <= 0.0 {
        return refuse(&format!("`min` {min} must be greater than 0 when `scaling` is 'Logarithmic'"));
    }
    Ok(())
}

/// The default times each factor, each value once. `whole`: whether the values must be whole numbers. If that is not
/// known, as with the image of a user, a default that is written as a whole number gives whole numbers where the
/// product is one: many programs do not read `32.0` as an integer.
fn multiples(field: &str, default: &str, factors: &[String], whole: Option<bool>) -> Result<Vec<String>, Problem> {
    let Some(number) = parse_decimal(default) else {
        let message = format!(
            "{field} has `multiplesOfDefault`, but the hyperparameter has no numeric default (it is '{default}'); give \
             `values`, or a number for it in `training.hyperparameters`"
        );
        return Err(Problem::new(Reason::InvalidHyperparameter, message));
    };
    let mut values: Vec<String> = Vec::new();
    for factor in factors.iter().filter_map(|factor| parse_decimal(factor)) {
        // 0.1 times 0.2 must give 0.02, not 0.020000000000000004.
        let product = significant(number * factor, 15);
        let is_whole = whole.unwrap_or_else(|| default.parse::<i64>().is_ok() && product.fract() == 0.0);
        let value = if is_whole { format!("{:.0}", product.round()) } else { python::float(product) };
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Ok(values)
}

/// Checks that the model accepts `text` as the value of a hyperparameter.
pub(super) fn accepts(field: &str, known: &Hyperparameter, text: &str) -> Result<(), Problem> {
    let refuse = |why: String| Err(Problem::new(Reason::InvalidHyperparameter, format!("{field}: '{text}' {why}")));
    let (measured, what) = match known.kind.as_str() {
        "int" | "float" => {
            let Some(number) = parse_decimal(text) else { return refuse("must be a number".to_owned()) };
            // The training scripts parse it with Python's int(), which accepts neither 5.0 nor 1e1.
            if known.kind == "int" && text.parse::<i64>().is_err() {
                return refuse("must be a whole number".to_owned());
            }
            (number, "must be")
        }
        "bool" if ["true", "false"].contains(&text.to_lowercase().as_str()) => return Ok(()),
        "bool" => return refuse("must be 'True' or 'False'".to_owned()),
        // The format of a list depends on the script.
        "list" => return Ok(()),
        _ if !known.options.is_empty() && !known.options.iter().any(|option| option == text) => {
            return refuse(format!("must be one of {}", known.options.join(", ")));
        }
        kind if kind != "text" => return Ok(()),
        #[expect(clippy::cast_precision_loss, reason = "a value has 2500 characters at most")]
        _ => (text.chars().count() as f64, "must have a length of"),
    };
    let broken = [
        ("at least", known.min.filter(|limit| measured < *limit)),
        ("at most", known.max.filter(|limit| measured > *limit)),
        ("more than", known.exclusive_min.filter(|limit| measured <= *limit)),
        ("less than", known.exclusive_max.filter(|limit| measured >= *limit)),
    ];
    match broken.into_iter().find_map(|(words, limit)| Some((words, limit?))) {
        Some((words, limit)) => refuse(format!("{what} {words} {limit}")),
        None => Ok(()),
    }
}

/// The problem for a hyperparameter that the model does not have.
pub(super) fn unknown(field: &str, name: &str, model: &Model) -> Problem {
    let names: Vec<&str> =
        model.hyperparameters.iter().filter(|known| !known.container).map(|known| known.name.as_str()).collect();
    let remedy = match suggest::nearest(name, names.iter().copied()) {
        Some(known) => format!("did you mean '{known}'?"),
        None if names.is_empty() => "it has none: remove it, or choose another model".to_owned(),
        None => format!("it has {}", suggest::some(names)),
    };
    Problem::new(Reason::UnknownHyperparameter, format!("{field}: the model has no hyperparameter '{name}'; {remedy}"))
}

#[cfg(test)]
mod tests;
