//! What every request shares.

use std::sync::Arc;

use crate::access::Access;
use crate::shown::Shown;
use crate::trials::TrialMemory;

/// What every request shares. Each has its own copy, and with that its own mark of what it has seen.
#[derive(Clone)]
pub(crate) struct Ui {
    pub(crate) shown: Shown,
    pub(crate) access: Arc<Access>,
    pub(crate) trials: Arc<TrialMemory>,
}
