//! The regions in use, with their connections and rates. One that nobody has used for a while is dropped: a selection
//! may name any region, once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;

/// How long a region is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(600);

/// The regions in use, by name.
pub(super) struct Regions<T>(Arc<Mutex<HashMap<String, Known<T>>>>);

struct Known<T> {
    region: T,
    used: Timestamp,
}

impl<T> Clone for Regions<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Regions<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Regions<T> {
    /// The region of that name, connected if it is not yet. One that `is_held` by somebody is kept.
    pub(super) fn get(
        &self,
        name: &str,
        now: Timestamp,
        is_held: impl Fn(&T) -> bool,
        connect: impl FnOnce(&str) -> T,
    ) -> T {
        let mut all = self.0.lock();
        all.retain(|_, known| now < known.used + IDLE || is_held(&known.region));
        let new = || Known { region: connect(name), used: now };
        let known = all.entry(name.to_owned()).or_insert_with(new);
        known.used = now;
        known.region.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_kept_while_it_is_used_or_held() {
        let (regions, started) = (Regions::<Arc<str>>::default(), Timestamp::UNIX_EPOCH);
        let is_held = |region: &Arc<str>| Arc::strong_count(region) > 1;
        let get = |name: &str, seconds: u64| {
            regions.get(name, started + Duration::from_secs(seconds), is_held, |name| name.into())
        };
        let names = || {
            let mut names: Vec<String> = regions.0.lock().keys().cloned().collect();
            names.sort();
            names
        };
        let swept = get("eu-west-1", 0);
        get("us-west-2", 0);
        get("us-east-1", 599);
        assert_eq!(names(), ["eu-west-1", "us-east-1", "us-west-2"]);
        get("us-east-1", 600);
        assert_eq!(names(), ["eu-west-1", "us-east-1"], "one that is swept keeps what is known of its rates");
        drop(swept);
        get("us-east-1", 601);
        assert_eq!(names(), ["us-east-1"]);
    }
}
