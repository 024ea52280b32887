use std::collections::BTreeMap;

/// A map of hyperparameters: name to value, both as text, as the training container receives them.
pub type Hyperparameters = BTreeMap<String, String>;
