//! The AWS account: the owner of the credentials, and the quotas of the instance types of selections.

use std::collections::{BTreeMap, BTreeSet};

use api::ModelSelection;
use aws::{Account, AwsError, Identity, Kind};
use view::instances::{Demand, Pool, demand};

use super::check::Check;
use crate::args::AwsArgs;

const IDENTITY: &str = "aws identity";
const QUOTA: &str = "quota";

/// The checks that call AWS. `region` is the default region of selections.
pub(super) async fn checks(args: &AwsArgs, region: Option<&str>, selections: &[ModelSelection]) -> Vec<Check> {
    let pools = demand(selections);
    let of_pools = pools.keys().find_map(|pool| pool.region.as_deref());
    let account = Account::load(args.access(region.or(of_pools))).await;
    let Some(default_region) = account.region().map(str::to_owned) else {
        return skipped("there is no AWS region; set --region or AWS_REGION");
    };
    let identity = account.identity().await;
    let mut checks = vec![judge_identity(&identity, &accounts(selections))];
    if identity.is_err() {
        checks.push(Check::skipped(QUOTA, "AWS was not asked, since it is not known who asks"));
        return checks;
    }
    let mut regions: BTreeMap<String, Vec<(Pool, Demand)>> = BTreeMap::new();
    for (pool, demand) in pools {
        let region = args.region.clone().or(pool.region.clone()).unwrap_or_else(|| default_region.clone());
        regions.entry(region).or_default().push((pool, demand));
    }
    if regions.is_empty() {
        checks.push(Check::skipped(QUOTA, "no selection here trains anything"));
    }
    for (region, pools) in regions {
        let account = Account::load(aws::Access { region: Some(region.clone()), ..args.access(None) }).await;
        checks.extend(quotas(&account, &region, &pools).await);
    }
    checks
}

/// AWS is not called.
pub(super) fn skipped(why: &str) -> Vec<Check> {
    [IDENTITY, QUOTA].map(|check| Check::skipped(check, why)).to_vec()
}

/// The accounts of the roles of selections.
fn accounts(selections: &[ModelSelection]) -> BTreeSet<String> {
    let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
    selections.iter().filter_map(|selection| account(&selection.spec.execution_role_arn)).collect()
}

fn judge_identity(identity: &Result<Identity, AwsError>, accounts: &BTreeSet<String>) -> Check {
    match identity {
        Ok(Identity { account, arn }) => {
            let others: Vec<&str> = accounts.iter().map(String::as_str).filter(|other| other != account).collect();
            let message = format!("you are {arn}; the operator has an identity of its own");
            match others.as_slice() {
                [] => Check::ok(IDENTITY, message),
                others => Check::warning(
                    IDENTITY,
                    format!("{message}; roles of selections are in account {}", others.join(", ")),
                    "choose credentials of that account with --profile: logs and quotas are those of the account",
                ),
            }
        }
        // Most of the plugin works without AWS.
        Err(error) if error.kind == Kind::NoCredentials => Check::skipped(IDENTITY, error.to_string()),
        Err(error) => Check::warning(IDENTITY, error.message.clone(), "log in again, as for the AWS CLI"),
    }
}

async fn quotas(account: &Account, region: &str, pools: &[(Pool, Demand)]) -> Vec<Check> {
    let names: Vec<String> = pools.iter().map(|(pool, _)| pool.quota()).collect();
    match account.quotas(&names).await {
        Ok(quotas) => pools.iter().map(|(pool, demand)| judge(pool, *demand, region, &quotas)).collect(),
        Err(error) => vec![Check::skipped(QUOTA, error.to_string())],
    }
}

fn judge(pool: &Pool, demand: Demand, region: &str, quotas: &BTreeMap<String, f64>) -> Check {
    let name = pool.quota();
    let Some(quota) = quotas.get(&name) else {
        return Check::skipped(QUOTA, format!("Service Quotas has no '{name}' in {region}"));
    };
    let Demand { one_job, at_once } = demand;
    let message = format!("{quota} {name} in {region}");
    let remedy = format!("ask AWS to raise '{name}' (Service Quotas, SageMaker), or choose another instanceType");
    match *quota {
        quota if quota < f64::from(one_job) => {
            Check::failed(QUOTA, format!("{message}; one training job needs {one_job}: it never starts"), remedy)
        }
        quota if quota < f64::from(at_once) => Check::warning(
            QUOTA,
            format!("{message}; selections could use {at_once} at a time: the others wait"),
            remedy,
        ),
        _ => Check::ok(QUOTA, format!("{message}; selections use at most {at_once} at a time")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Verdict;
    use super::*;

    #[test]
    fn a_quota_is_compared_with_one_job_and_with_all() {
        let pool = Pool { region: None, instance_type: "ml.p3.2xlarge".into(), spot: false };
        let quotas = |value: f64| BTreeMap::from([(pool.quota(), value)]);
        for (value, verdict) in [(0.0, Verdict::Failed), (2.0, Verdict::Warning), (8.0, Verdict::Ok)] {
            let found = judge(&pool, Demand { one_job: 1, at_once: 8 }, "us-west-2", &quotas(value));
            assert_eq!(found.verdict, verdict, "{found:?}");
        }
        let unknown = judge(&pool, Demand::default(), "us-west-2", &BTreeMap::new());
        assert_eq!(unknown.message, "Service Quotas has no 'ml.p3.2xlarge for training job usage' in us-west-2");
    }

    #[test]
    fn an_identity_of_another_account_is_a_warning() {
        let accounts = BTreeSet::from(["111122223333".to_owned()]);
        let of =
            |account: &str| Ok(Identity { account: account.into(), arn: format!("arn:aws:iam::{account}:user/a") });
        assert_eq!(judge_identity(&of("111122223333"), &accounts).verdict, Verdict::Ok);
        assert_eq!(judge_identity(&of("444455556666"), &accounts).verdict, Verdict::Warning);
        let error = |kind| Err(AwsError { kind, action: "sts:GetCallerIdentity", message: "no".into() });
        assert_eq!(judge_identity(&error(Kind::NoCredentials), &accounts).verdict, Verdict::Skipped);
        assert_eq!(judge_identity(&error(Kind::Credentials), &accounts).verdict, Verdict::Warning);
    }
}
