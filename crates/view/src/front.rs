//! The fronts: their members, the recommendation with its alternatives, and what is excluded.

use api::{Alternative, Excluded, Front, FrontMember, ModelSelection, Objective, ObjectiveWarning, ObservedPoint};
use serde::Serialize;

use crate::runs::{Mark, Run, runs};

/// The front of one dataset.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct FrontView {
    /// The dataset.
    pub dataset: String,
    /// The objectives that span the front, in their order.
    pub objectives: Vec<Objective>,
    /// The members, in the order of the status: by the first objective, best first.
    pub members: Vec<Member>,
    /// Members that the status does not list.
    pub omitted_members: i32,
    /// The recommended candidate; `None` if no member reaches `spec.recommend.atLeast`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended: Option<String>,
    /// Why it is recommended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Other members, with their trade-offs.
    pub alternatives: Vec<Alternative>,
    /// The observed candidates.
    pub observed: Vec<ObservedPoint>,
    /// Warnings about objectives whose values are not comparable.
    pub warnings: Vec<ObjectiveWarning>,
    /// The runs that members dominate, by rank.
    pub dominated: Vec<Run>,
    /// The ended runs that cannot be on the front.
    pub excluded: Vec<Excluded>,
    /// The hypervolume of the front.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hypervolume: Option<String>,
}

/// A member of a front.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Its candidate.
    pub candidate: String,
    /// Its training job, with `collect: All`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_job_name: Option<String>,
    /// Whether it is the recommended one.
    pub recommended: bool,
    /// The values of the objectives, in their order.
    pub values: Vec<String>,
}

/// The fronts of all datasets, in the order of the spec.
pub fn fronts(selection: &ModelSelection) -> Vec<FrontView> {
    let Some(status) = &selection.status else { return Vec::new() };
    let (objectives, runs) = (&selection.spec.objectives, runs(selection));
    let in_order = |values: &[String]| in_order(objectives, &status.objectives, values);
    status.fronts.iter().map(|front| view(objectives, &runs, front, in_order)).collect()
}

/// The values of a member in the order of the spec's objectives. Those of the status may still be the ones before an
/// edit; an objective that is new has no value then.
fn in_order(objectives: &[Objective], of_status: &[String], values: &[String]) -> Vec<String> {
    // A status of an older release has no names.
    if of_status.is_empty() {
        return values.to_vec();
    }
    let value = |objective: &Objective| value_of(of_status, values, &objective.metric);
    objectives.iter().map(|objective| value(objective).cloned().unwrap_or_default()).collect()
}

/// The value of an objective among those of a member, by the names that the status has.
pub(crate) fn value_of<'a>(of_status: &[String], values: &'a [String], metric: &str) -> Option<&'a String> {
    values.get(of_status.iter().position(|name| name == metric)?)
}

fn view(
    objectives: &[Objective],
    runs: &[Run],
    front: &Front,
    in_order: impl Fn(&[String]) -> Vec<String>,
) -> FrontView {
    let (recommended, recommendation) = (recommended(front), front.recommendation.as_ref());
    let is_recommended = |member: &FrontMember| recommended.is_some_and(|wanted| std::ptr::eq(wanted, member));
    let members = front.members.iter().map(|member| Member {
        candidate: member.candidate.clone(),
        training_job_name: member.training_job_name.clone(),
        recommended: is_recommended(member),
        values: in_order(&member.values),
    });
    let ordered = |point: &ObservedPoint| ObservedPoint { values: in_order(&point.values), ..point.clone() };
    let of_dataset = runs.iter().filter(|run| run.dataset == front.dataset);
    let mut dominated: Vec<Run> = of_dataset.filter(|run| run.mark == Mark::Dominated).cloned().collect();
    dominated.sort_by_key(|run| run.rank);
    FrontView {
        dataset: front.dataset.clone(),
        objectives: objectives.to_vec(),
        members: members.collect(),
        omitted_members: front.omitted_members,
        recommended: recommendation.and_then(|chosen| chosen.candidate.clone()),
        why: recommendation.map(|chosen| chosen.message.clone()),
        alternatives: recommendation.map(|chosen| chosen.alternatives.clone()).unwrap_or_default(),
        observed: front.observed.iter().map(ordered).collect(),
        warnings: front.warnings.clone(),
        dominated,
        excluded: front.excluded.clone(),
        hypervolume: front.hypervolume.clone(),
    }
}

/// The recommended member: of a candidate with several members, the one with the recommended training job.
fn recommended(front: &Front) -> Option<&FrontMember> {
    let chosen = front.recommendation.as_ref()?;
    let job = chosen.training_job_name.as_ref();
    front.members.iter().find(|member| {
        Some(&member.candidate) == chosen.candidate.as_ref()
            && (job.is_none() || member.training_job_name.as_ref() == job)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample;

    #[test]
    fn values_follow_their_names_when_the_status_is_older_than_the_spec() {
        let mut selection = sample::complete();
        let names = selection.spec.objectives.iter().map(|objective| objective.metric.clone()).collect();
        selection.status.as_mut().unwrap().objectives = names;
        let values = |selection: &ModelSelection| fronts(selection)[0].members[0].values.clone();
        let before = values(&selection);
        selection.spec.objectives.reverse();
        assert_eq!(values(&selection), [before[1].clone(), before[0].clone()]);
        selection.spec.objectives.truncate(1);
        assert_eq!(values(&selection), [before[1].clone()]);
        "new".clone_into(&mut selection.spec.objectives[0].metric);
        assert_eq!(values(&selection), [""]);
    }
}
