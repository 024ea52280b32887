//! The metrics of the event queue.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counts messages of the event queue by outcome, and failed calls.
#[derive(Debug, Default)]
pub struct EventMetrics {
    received: Family<OutcomeLabels, Counter>,
    errors: Family<OperationLabels, Counter>,
    flow: Family<RegionLabels, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RegionLabels {
    region: String,
}

/// Every outcome and operation, so that their counters begin at zero.
const OUTCOMES: [&str; 5] = ["woke", "noted", "unknown", "malformed", "other"];
const OPERATIONS: [&str; 2] = ["ReceiveMessage", "DeleteMessageBatch"];

impl EventMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        for outcome in OUTCOMES {
            drop(self.received.get_or_create(&OutcomeLabels { outcome }));
        }
        for operation in OPERATIONS {
            drop(self.errors.get_or_create(&OperationLabels { operation }));
        }
        registry.register(
            "modelselection_events",
            "Messages received from the event queue, by outcome",
            self.received.clone(),
        );
        registry.register(
            "modelselection_event_queue_errors",
            "Failed calls to the event queue; until they succeed, running tuning jobs are polled",
            self.errors.clone(),
        );
        registry.register(
            "modelselection_events_flow",
            "1 while events report the ends of tuning jobs, 0 while running tuning jobs are polled",
            self.flow.clone(),
        );
    }

    /// A message was received.
    pub fn received(&self, outcome: &'static str) {
        self.received.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// A call to the queue has failed.
    pub fn failed(&self, operation: &'static str) {
        self.errors.get_or_create(&OperationLabels { operation }).inc();
    }

    /// Whether the ends of tuning jobs in a region are left to events.
    pub fn set_flow(&self, region: &str, flows: bool) {
        self.flow.get_or_create(&RegionLabels { region: region.to_owned() }).set(flows.into());
    }

    /// Nothing is followed in the region any more.
    pub fn drop_flow(&self, region: &str) {
        self.flow.remove(&RegionLabels { region: region.to_owned() });
    }
}
