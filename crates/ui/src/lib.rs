//! The read-only pages of the operator.
