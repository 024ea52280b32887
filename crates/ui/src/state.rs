//! The state that all requests share.

use std::sync::Arc;

use crate::access::Access;
use crate::shown::Shown;
use crate::trials::TrialMemory;

/// The state that all requests share. Each request has its own copy, so each tracks which changes it has seen.
#[derive(Clone)]
pub(crate) struct Ui {
    pub(crate) shown: Shown,
    pub(crate) access: Arc<Access>,
    pub(crate) trials: Arc<TrialMemory>,
}
