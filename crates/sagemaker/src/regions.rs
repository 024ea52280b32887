//! The regions in use, with their connections and rates. One that nobody has used for a while is dropped: a selection may name
//! any region, once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

use super::Region;

/// How long a region is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(600);

/// The regions in use, by name.
#[derive(Clone, Default)]
pub(super) struct Regions(Arc<Mutex<HashMap<String, Known>>>);

struct Known {
    region: Region,
    used: Timestamp,
}

impl Regions {
    /// The region of that name, connected if it is not yet.
    pub(super) fn get(&self, name: &str, now: Timestamp, connect: impl FnOnce(&str) -> Region) -> Region {
        let mut all = self.0.lock();
        all.retain(|_, known| now < known.used + IDLE || known.region.is_held());
        let new = || Known { region: connect(name), used: now };
        let known = all.entry(name.to_owned()).or_insert_with(new);
        known.used = now;
        known.region.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Account, SageMaker};
    use aws_config::SdkConfig;
    use platform::leadership::Leadership;

    #[test]
    fn a_region_is_kept_while_it_is_used_or_held() {
        let account = Account::from(SdkConfig::builder().build());
        let sagemaker = SageMaker::new(account, None, Arc::default(), Leadership::default());
        let (regions, started) = (Regions::default(), Timestamp::UNIX_EPOCH);
        let get = |name: &str, seconds: u64| {
            regions.get(name, started + Duration::from_secs(seconds), |name| sagemaker.connect(name))
        };
        let names = || {
            let mut names: Vec<String> = regions.0.lock().keys().cloned().collect();
            names.sort();
            names
        };
        let held = get("eu-west-1", 0);
        get("us-west-2", 0);
        get("us-east-1", 500);
        get("us-east-1", 599);
        assert_eq!(names(), ["eu-west-1", "us-east-1", "us-west-2"]);
        get("us-east-1", 600);
        assert_eq!(names(), ["eu-west-1", "us-east-1"], "one that is swept keeps what is known of its rates");
        drop(held);
        get("us-east-1", 601);
        assert_eq!(names(), ["us-east-1"]);
    }
}
