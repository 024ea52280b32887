//! The price table of each selection that uses prices in derived metrics.

use api::ModelSelection;
use kube::ResourceExt as _;
use view::instances::{uses_prices, without_price};

use super::check::Check;

const CHECK: &str = "prices";

/// One line for each selection with missing prices, or one for all.
pub(super) fn checks(selections: &[ModelSelection]) -> Vec<Check> {
    let using: Vec<&ModelSelection> = selections.iter().filter(|selection| uses_prices(selection)).collect();
    if using.is_empty() {
        return vec![Check::skipped(CHECK, "no derived metric of a selection here uses prices")];
    }
    let lacking: Vec<Check> = using.iter().filter_map(|selection| judge(selection)).collect();
    if lacking.is_empty() {
        return vec![Check::ok(CHECK, format!("{} with a price for each instance type", using.len()))];
    }
    lacking
}

fn judge(selection: &ModelSelection) -> Option<Check> {
    let missing: Vec<String> = without_price(selection).into_iter().collect();
    let place = format!("{}/{}", selection.namespace().unwrap_or_default(), selection.name_any());
    (!missing.is_empty()).then(|| {
        let message = format!("{place}: spec.prices has no {}", missing.join(", "));
        Check::warning(
            CHECK,
            message,
            "add the price of an hour, in quotes; runs on that type have no value without it",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::check::Verdict;
    use super::*;

    #[test]
    fn only_selections_that_use_prices_need_them() {
        let mut selection = ModelSelection::new("one", samples::spec());
        selection.metadata.namespace = Some("vision".into());
        assert_eq!(checks(std::slice::from_ref(&selection))[0].verdict, Verdict::Skipped);
        selection.spec.derived_metrics =
            vec![api::DerivedMetric { name: "cost".into(), expression: "prices[instanceType]".into() }];
        let found = checks(std::slice::from_ref(&selection));
        assert_eq!(found[0].message, "vision/one: spec.prices has no ml.p3.2xlarge");
        selection.spec.prices = [("ml.p3.2xlarge".to_owned(), "3.825".to_owned())].into();
        assert_eq!(checks(&[selection])[0].verdict, Verdict::Ok);
    }
}
