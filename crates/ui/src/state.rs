//! The state that all requests share.

use std::sync::Arc;

use crate::access::Access;
use crate::stores::StoresSubscription;
use crate::trials::TrialMemory;

/// The state that all requests share. Each request has its own copy, so each tracks which changes it has seen.
#[derive(Clone)]
pub(crate) struct Ui {
    pub(crate) stores: StoresSubscription,
    pub(crate) access: Arc<Access>,
    pub(crate) trials: Arc<TrialMemory>,
}
