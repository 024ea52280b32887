//! The fronts: their members, the recommendation with its alternatives, and what is excluded.

use api::{Excluded, Front, FrontMember, Goal, ModelSelection, Objective, parse_decimal};
use serde::Serialize;

use crate::runs::{Mark, Run, runs};
use crate::text::number;

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
    /// The recommended candidate: the knee of the front.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended: Option<String>,
    /// For each objective, what to take when it is the only one that counts.
    pub alternatives: Vec<Alternative>,
    /// The runs that members dominate, by rank.
    pub dominated: Vec<Run>,
    /// The ended runs that cannot be on the front.
    pub excluded: Vec<Excluded>,
    /// The volume that the front dominates.
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

/// A member to take instead of the recommended one.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Alternative {
    /// Its candidate.
    pub candidate: String,
    /// The objective that it is best in.
    pub metric: String,
    /// What it gains and costs against the recommended one, such as `test_accuracy 0.802 → 0.964, test_throughput 40 → 0.3`.
    pub trade: String,
}

/// The fronts of all datasets, in the order of the spec.
pub fn fronts(selection: &ModelSelection) -> Vec<FrontView> {
    let fronts = selection.status.as_ref().map(|status| status.fronts.as_slice()).unwrap_or_default();
    let runs = runs(selection);
    fronts.iter().map(|front| view(&selection.spec.objectives, &runs, front)).collect()
}

fn view(objectives: &[Objective], runs: &[Run], front: &Front) -> FrontView {
    let recommended = recommended(front);
    let is_recommended = |member: &FrontMember| recommended.is_some_and(|wanted| std::ptr::eq(wanted, member));
    let members = front.members.iter().map(|member| Member {
        candidate: member.candidate.clone(),
        training_job_name: member.training_job_name.clone(),
        recommended: is_recommended(member),
        values: member.values.iter().map(|value| value.value.clone()).collect(),
    });
    let of_dataset = runs.iter().filter(|run| run.dataset == front.dataset);
    let mut dominated: Vec<Run> = of_dataset.filter(|run| run.mark == Mark::Dominated).cloned().collect();
    dominated.sort_by_key(|run| run.rank);
    FrontView {
        dataset: front.dataset.clone(),
        objectives: objectives.to_vec(),
        members: members.collect(),
        omitted_members: front.omitted_members,
        recommended: front.recommendation.as_ref().and_then(|recommendation| recommendation.candidate.clone()),
        alternatives: recommended.map(|chosen| alternatives(objectives, front, chosen)).unwrap_or_default(),
        dominated,
        excluded: front.excluded.clone(),
        hypervolume: front.hypervolume.clone(),
    }
}

/// The member that the front recommends: of a candidate with several, the one of the recommended training job.
fn recommended(front: &Front) -> Option<&FrontMember> {
    let candidate = front.recommendation.as_ref()?.candidate.as_ref()?;
    let job = front.recommendation.as_ref()?.training_job_name.as_ref();
    front
        .members
        .iter()
        .find(|member| &member.candidate == candidate && (job.is_none() || member.training_job_name.as_ref() == job))
}

/// The best of each objective, but for the recommended one itself; one that is best in several is named once.
fn alternatives(objectives: &[Objective], front: &Front, chosen: &FrontMember) -> Vec<Alternative> {
    let mut alternatives: Vec<Alternative> = Vec::new();
    for (index, objective) in objectives.iter().enumerate() {
        let value = |member: &FrontMember| member.values.get(index).and_then(|value| parse_decimal(&value.value));
        let better = |a: f64, b: f64| if objective.goal == Goal::Maximize { a > b } else { a < b };
        let mut best: Option<(&FrontMember, f64)> = None;
        for member in &front.members {
            if let Some(value) = value(member)
                && best.is_none_or(|(_, other)| better(value, other))
            {
                best = Some((member, value));
            }
        }
        let Some((best, best_value)) = best else { continue };
        let gains = value(chosen).is_none_or(|value| better(best_value, value));
        if gains && alternatives.iter().all(|known| known.candidate != best.candidate) {
            alternatives.push(Alternative {
                candidate: best.candidate.clone(),
                metric: objective.metric.clone(),
                trade: trade(chosen, best),
            });
        }
    }
    alternatives
}

fn trade(from: &FrontMember, to: &FrontMember) -> String {
    let steps = from.values.iter().zip(&to.values).filter(|(a, b)| a.value != b.value);
    let steps: Vec<String> =
        steps.map(|(a, b)| format!("{} {} → {}", a.metric, number(&a.value), number(&b.value))).collect();
    steps.join(", ")
}
