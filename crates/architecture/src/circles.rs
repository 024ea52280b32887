//! Circles among arrows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use crate::uses::Arrow;

/// Circles of files that use each other: the shortest through each file that is in none of those before.
pub fn circles(arrows: &[Arrow]) -> Vec<Vec<&Arrow>> {
    let mut leaving: BTreeMap<&Path, Vec<&Arrow>> = BTreeMap::new();
    for arrow in arrows {
        leaving.entry(&arrow.from).or_default().push(arrow);
    }
    let mut found: Vec<Vec<&Arrow>> = Vec::new();
    let mut seen: BTreeSet<&Path> = BTreeSet::new();
    for file in leaving.keys().copied() {
        if seen.contains(file) {
            continue;
        }
        if let Some(circle) = shortest(&leaving, file) {
            seen.extend(circle.iter().map(|arrow| arrow.from.as_path()));
            found.push(circle);
        }
    }
    found
}

/// The shortest way from a file back to itself.
fn shortest<'a>(leaving: &BTreeMap<&'a Path, Vec<&'a Arrow>>, file: &'a Path) -> Option<Vec<&'a Arrow>> {
    let mut by: BTreeMap<&Path, &Arrow> = BTreeMap::new();
    let mut next = VecDeque::from([file]);
    while let Some(at) = next.pop_front() {
        for arrow in leaving.get(at).into_iter().flatten() {
            if by.contains_key(arrow.to.as_path()) {
                continue;
            }
            by.insert(&arrow.to, arrow);
            next.push_back(&arrow.to);
        }
    }
    let mut circle = vec![*by.get(file)?];
    while let Some(first) = circle.last().filter(|arrow| arrow.from != file) {
        circle.push(by.get(first.from.as_path())?);
    }
    circle.reverse();
    Some(circle)
}
