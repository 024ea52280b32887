use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Defines an enum whose variants are the words of the API, with the list of all variants and the word for each. The
/// words are the names of the variants, for serde as well.
macro_rules! closed {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$of_variant:meta])* $variant:ident),+ $(,)? }
    ) => {
        $(#[$meta])*
        pub enum $name { $($(#[$of_variant])* $variant),+ }

        impl $name {
            /// All variants, in the order of their definition.
            pub const ALL: [Self; [$(stringify!($variant)),+].len()] = [$(Self::$variant),+];

            /// The word as the API spells it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant)),+
                }
            }
        }
    };
}
pub(crate) use closed;

/// A condition as in `metav1.Condition`.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// type of the condition: Ready, Reconciling, Stalled, Succeeded, Finished, Suspended or ResultPublished.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 316))]
    pub type_: String,
    /// status: True, False or Unknown.
    #[schemars(schema_with = "status_schema")]
    pub status: String,
    /// observedGeneration is the metadata.generation that the condition refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = super::bounds::GENERATION))]
    pub observed_generation: Option<i64>,
    /// lastTransitionTime is the time of the last change of status.
    pub last_transition_time: Time,
    /// reason is one word for programs; it is part of the API.
    #[schemars(length(min = 1, max = 1024), regex(pattern = r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"))]
    pub reason: String,
    /// message is an explanation for people.
    #[schemars(length(max = 4096))]
    pub message: String,
}

/// The three values of a condition's status.
fn status_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": ["True", "False", "Unknown"]})
}

closed! {
    /// The types of condition that this operator sets.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum ConditionType {
        /// The state that readyPolicy selects is reached.
        Ready,
        /// The operator is working; no user action is needed. Present only while True.
        Reconciling,
        /// User action is required. Present only while True.
        Stalled,
        /// Every run has ended; True when each dataset has a front.
        Succeeded,
        /// Nothing more happens without user action: every run has ended or waits for user action.
        Finished,
        /// spec.suspend is true. Present only while True.
        Suspended,
        /// The ConfigMap of spec.resultConfigMap has the winner. Present only while that is set.
        ResultPublished,
    }
}

closed! {
    /// Whether a condition is true.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum ConditionStatus {
        /// The condition is true.
        True,
        /// The condition is false.
        False,
        /// It is not known yet.
        Unknown,
    }
}

/// A condition to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedCondition {
    /// Its type.
    pub type_: ConditionType,
    /// Whether it is true.
    pub status: ConditionStatus,
    /// The reason, in one word.
    pub reason: Reason,
    /// The reason, as a sentence.
    pub message: String,
}

closed! {
    /// The reason of a condition, a run or an Event: one closed vocabulary.
    #[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Reason {
        /// The operator resolves models and creates jobs.
        Progressing,
        /// Tuning jobs run.
        TuningRunning,
        /// Tuning jobs run, and readyPolicy is Completed.
        WaitingForCompletion,
        /// Transient SageMaker or network error; the operator retries.
        RetryingAfterError,
        /// Every run has ended.
        Completed,
        /// Every run has ended, and a dataset has no front.
        NoUsableResult,
        /// spec.suspend is true.
        Suspended,
        /// The run waits for a permit of maxConcurrentTuningJobs or of the account-wide concurrency limit.
        Queued,
        /// The account's SageMaker quota is used up.
        QuotaExceeded,
        /// SageMaker throttles the calls.
        Throttled,
        /// The operator creates the tuning job.
        Creating,
        /// A selector matches no model.
        NoModelFound,
        /// The selectors match more models than the limit on runs allows.
        TooManyRuns,
        /// The hub does not have the model.
        UnknownModel,
        /// The hub has the model, but no version that matches.
        UnknownVersion,
        /// The model cannot be trained, or its hub document cannot be read.
        ModelNotTrainable,
        /// The model has no training image for the instance type.
        UnsupportedInstanceType,
        /// A range or a setting names a hyperparameter that the model does not have, or that no candidate has.
        UnknownHyperparameter,
        /// The model does not accept the value of a hyperparameter, or the bounds of a range.
        InvalidHyperparameter,
        /// The run has no metric of the name of an objective, a constraint or the tuning objective.
        UnknownMetric,
        /// The model's license is not accepted.
        EULANotAccepted,
        /// An expression of a derived metric is invalid.
        InvalidExpression,
        /// The derived metrics of all training jobs take too many operations.
        ExpressionBudgetExceeded,
        /// The tuning job in a candidate's tuningJobName, or a parent of a warm start, does not exist.
        UnknownTuningJob,
        /// AWS denies the operator an action.
        AccessDenied,
        /// AWS rejects the operator's credentials, or there are none.
        CredentialsRejected,
        /// SageMaker cannot assume spec.executionRoleARN.
        RoleNotAssumable,
        /// SageMaker cannot find or read the data of a channel.
        DataNotFound,
        /// The clocks of the operator's node and of AWS differ too much: AWS rejects every request.
        ClockSkewed,
        /// Polls of the running jobs have failed for two minutes, so the status may be out of date.
        ObservationStale,
        /// The warm start waits until its parent tuning job has ended.
        WaitingForParent,
        /// SageMaker rejects the request.
        InvalidRequest,
        /// A tuning job with the run's name exists and has another owner.
        NameConflict,
        /// The tuning job failed.
        TuningJobFailed,
        /// No training job emitted the tuning objective.
        ObjectiveNotEmitted,
        /// Another user stopped the tuning job before it had a result.
        StoppedExternally,
        /// The tuning job no longer exists at SageMaker.
        TuningJobDeleted,
        /// An objective's metric is missing from the results.
        MetricMissing,
        /// The operator cannot use the spec.
        InvalidSpec,
        /// The ConfigMap in spec.resultConfigMap belongs to somebody else.
        ConfigMapConflict,
        /// A reason that this release does not know, because a newer one wrote it. Without it, one such object would
        /// make the list of all objects unreadable.
        #[serde(other)]
        #[schemars(skip)]
        Unknown,
    }
}

impl Reason {
    /// Whether the reason says that a run could not be resolved against its model. A later try may succeed, if the hub
    /// has changed.
    pub fn of_resolution(self) -> bool {
        matches!(
            self,
            Self::UnknownModel
                | Self::UnknownVersion
                | Self::ModelNotTrainable
                | Self::UnsupportedInstanceType
                | Self::UnknownHyperparameter
                | Self::InvalidHyperparameter
                | Self::UnknownMetric
                | Self::EULANotAccepted
                | Self::InvalidExpression
                | Self::ExpressionBudgetExceeded
        )
    }

    /// Whether a run with this reason waits for user action: the operator cannot fix the cause by itself.
    pub fn needs_person(self) -> bool {
        self.of_resolution()
            || matches!(
                self,
                Self::NoModelFound
                    | Self::TooManyRuns
                    | Self::UnknownTuningJob
                    | Self::AccessDenied
                    | Self::CredentialsRejected
                    | Self::RoleNotAssumable
                    | Self::DataNotFound
                    | Self::ClockSkewed
                    | Self::InvalidRequest
                    | Self::NameConflict
                    | Self::InvalidSpec
            )
    }
}

/// Longest message of a condition, in bytes. The schema allows somewhat more.
const MESSAGE_MAX: usize = 2048;

/// Merges `wanted` into the old list of conditions: a condition whose status has not changed keeps its transition time.
/// The order is that of `wanted`; conditions of types that this operator does not own follow at the end.
pub fn merge_conditions(
    old: &[Condition],
    wanted: Vec<WantedCondition>,
    generation: Option<i64>,
    now: jiff::Timestamp,
) -> Vec<Condition> {
    let mut conditions: Vec<Condition> = wanted
        .into_iter()
        .map(|WantedCondition { type_, status, reason, message }| {
            let unchanged = old.iter().find(|c| c.type_ == type_.as_str() && c.status == status.as_str());
            Condition {
                type_: type_.as_str().to_owned(),
                status: status.as_str().to_owned(),
                observed_generation: generation,
                last_transition_time: unchanged.map_or(Time(now), |c| c.last_transition_time.clone()),
                reason: reason.as_str().to_owned(),
                message: super::message(&message, MESSAGE_MAX),
            }
        })
        .collect();
    conditions.extend(old.iter().filter(|c| ConditionType::ALL.iter().all(|owned| owned.as_str() != c.type_)).cloned());
    conditions
}
