//! Writes what deploys the winner of a ModelSelection.
