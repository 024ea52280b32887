//! The state of a selection, as a short phrase with a message.

use api::{Condition, ModelSelectionStatus};
use serde::Serialize;

/// The state of a selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The state in one or a few words.
    pub word: &'static str,
    pub tone: Tone,
    /// The reason of the decisive condition, for programs and for documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The message of that condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Whether the state is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Tone {
    Good,
    Busy,
    Idle,
    Bad,
}

/// The verdict on a selection with this status. States that need a person come first.
pub fn verdict(status: Option<&ModelSelectionStatus>) -> Verdict {
    let conditions = status.map_or(&[][..], |status| &status.conditions);
    let is = |type_: &str, status: &str| {
        conditions.iter().find(|condition| condition.type_ == type_ && condition.status == status)
    };
    let verdict_of = |word, tone, condition: Option<&Condition>| Verdict {
        word,
        tone,
        reason: condition.map(|condition| condition.reason.clone()),
        message: condition.map(|condition| condition.message.clone()).filter(|message| !message.is_empty()),
    };
    let ready = conditions.iter().find(|condition| condition.type_ == "Ready");
    if let Some(condition) = is("Succeeded", "False") {
        verdict_of("Ended without a result", Tone::Bad, Some(condition))
    } else if let Some(condition) = is("Stalled", "True") {
        verdict_of("Stalled", Tone::Bad, Some(condition))
    } else if let Some(condition) = is("Suspended", "True") {
        verdict_of("Suspended", Tone::Idle, Some(condition))
    } else if let Some(condition) = is("Succeeded", "True") {
        verdict_of("Completed", Tone::Good, Some(condition))
    } else if ready.is_some() {
        verdict_of("Running", Tone::Busy, is("Reconciling", "True").or(ready))
    } else {
        verdict_of("Not started", Tone::Idle, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(conditions: &[(&str, &str)]) -> (&'static str, Tone) {
        let conditions: Vec<_> = conditions
            .iter()
            .map(|(type_, status)| {
                json!({"type": type_, "status": status, "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"})
            })
            .collect();
        let status: ModelSelectionStatus = serde_json::from_value(json!({"conditions": conditions})).unwrap();
        let verdict = verdict(Some(&status));
        (verdict.word, verdict.tone)
    }

    #[test]
    fn states_that_need_a_person_come_first() {
        assert_eq!(of(&[]), ("Not started", Tone::Idle));
        assert_eq!(of(&[("Ready", "True")]), ("Running", Tone::Busy));
        assert_eq!(of(&[("Ready", "True"), ("Succeeded", "True")]), ("Completed", Tone::Good));
        assert_eq!(
            of(&[("Ready", "True"), ("Suspended", "True"), ("Succeeded", "Unknown")]),
            ("Suspended", Tone::Idle)
        );
        assert_eq!(of(&[("Ready", "False"), ("Stalled", "True")]), ("Stalled", Tone::Bad));
        assert_eq!(of(&[("Stalled", "True"), ("Succeeded", "False")]), ("Ended without a result", Tone::Bad));
    }
}
