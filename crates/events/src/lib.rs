//! State changes from a queue: SQS messages of EventBridge.
