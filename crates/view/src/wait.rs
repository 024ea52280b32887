//! Whether the goal of a wait is reached, or cannot be reached any more.

use api::{ConditionType, ModelSelection, Reason};

use crate::seen::{condition, is_seen};

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Every run has ended, and each dataset has a front.
    Complete,
    /// The operator has converged: as many jobs are running as may run at a time.
    Launched,
    /// Each dataset has a front with a member; runs may still be in progress.
    Front,
}

/// The result of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The goal is reached.
    Reached,
    /// Every run has ended, and the goal is not reached.
    EndedWithout,
    /// A person must act first.
    Stalled,
}

/// The verdict; `None` while waiting makes sense.
pub fn verdict(selection: &ModelSelection, goal: Goal) -> Option<Verdict> {
    if !is_seen(selection) {
        return None;
    }
    let status = selection.status.as_ref()?;
    let is = |type_: ConditionType, wanted: &str| condition(selection, type_).is_some_and(|c| c.status == wanted);
    let complete = is(ConditionType::Succeeded, "True");
    let reached = match goal {
        Goal::Complete => complete,
        Goal::Launched => complete || has_launched(selection),
        Goal::Front => {
            !status.fronts.is_empty()
                && status.fronts.len() == selection.spec.datasets.len()
                && status.fronts.iter().all(|front| !front.members.is_empty())
        }
    };
    if reached {
        Some(Verdict::Reached)
    } else if is(ConditionType::Succeeded, "False") || (complete && goal == Goal::Front) {
        Some(Verdict::EndedWithout)
    } else {
        is(ConditionType::Stalled, "True").then_some(Verdict::Stalled)
    }
}

fn has_launched(selection: &ModelSelection) -> bool {
    let reason = condition(selection, ConditionType::Ready).map(|ready| ready.reason.as_str());
    [Reason::TuningRunning, Reason::WaitingForCompletion].iter().any(|launched| reason == Some(launched.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample;

    /// The sample with an additional condition.
    fn with(mut selection: ModelSelection, type_: &str, status: &str) -> ModelSelection {
        let conditions = &mut selection.status.as_mut().unwrap().conditions;
        let condition = api::Condition { type_: type_.into(), status: status.into(), ..conditions[0].clone() };
        conditions.push(condition);
        selection
    }

    #[test]
    fn each_goal_is_reached_at_its_time() {
        let verdicts = |selection: &ModelSelection| {
            [Goal::Complete, Goal::Launched, Goal::Front].map(|goal| verdict(selection, goal))
        };
        let reached = Some(Verdict::Reached);
        assert_eq!(verdicts(&sample::running()), [None, reached, reached]);
        assert_eq!(verdicts(&with(sample::complete(), "Succeeded", "True")), [reached; 3]);
        let stalled = Some(Verdict::Stalled);
        assert_eq!(verdicts(&sample::stalled()), [stalled, stalled, reached]);
    }

    #[test]
    fn an_end_without_a_result_is_not_a_stall() {
        let mut selection = with(sample::stalled(), "Succeeded", "False");
        selection.status.as_mut().unwrap().fronts.clear();
        assert_eq!(verdict(&selection, Goal::Front), Some(Verdict::EndedWithout));
        assert_eq!(verdict(&selection, Goal::Complete), Some(Verdict::EndedWithout));
    }

    #[test]
    fn an_edit_that_was_not_observed_yet_is_waited_for() {
        let mut selection = with(sample::complete(), "Succeeded", "True");
        selection.metadata.generation = Some(2);
        assert_eq!(verdict(&selection, Goal::Complete), None);
    }
}
