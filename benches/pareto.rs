//! The duration of the Pareto arithmetic for the sizes that the operator encounters, and for the worst shape: all
//! points on the front.
#![expect(missing_docs, reason = "criterion_group! makes a public function without a description")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use pareto::{Direction, front, hypervolume, ranks};

/// Deterministic numbers in [0, 1]: Knuth's MMIX generator.
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from((self.0 >> 32) as u32) / f64::from(u32::MAX)
    }
}

/// `n` points anywhere in the unit cube.
fn cloud(n: usize, objectives: usize) -> Vec<Vec<f64>> {
    let mut uniform = Uniform(1);
    (0..n).map(|_| (0..objectives).map(|_| uniform.next()).collect()).collect()
}

/// `n` points on the unit sphere, none of which dominates another.
fn sphere(n: usize, objectives: usize) -> Vec<Vec<f64>> {
    let mut points = cloud(n, objectives);
    for point in &mut points {
        let norm = point.iter().map(|value| value * value).sum::<f64>().sqrt();
        for value in point {
            *value /= norm;
        }
    }
    points
}

fn benches(c: &mut Criterion) {
    let mixed = [Direction::Maximize, Direction::Minimize, Direction::Maximize];
    let maximize = [Direction::Maximize; 4];

    for (n, d, size) in
        [(75_000, 2, "75,000 points with two objectives"), (10_000, 3, "10,000 points with three objectives")]
    {
        for (name, points, directions) in [
            (format!("front of {size}"), cloud(n, d), &mixed[..d]),
            (format!("front of {size}, all on it"), sphere(n, d), &maximize[..d]),
        ] {
            c.bench_function(&name, |b| b.iter(|| front(black_box(&points), directions)));
        }
    }

    let points = cloud(512, 2);
    c.bench_function("ranks of 512 points with two objectives", |b| b.iter(|| ranks(black_box(&points), &mixed[..2])));

    for (n, d) in [(100, 3), (50, 4)] {
        let points = sphere(n, d);
        let name = format!("hypervolume of {n} points with {d} objectives");
        c.bench_function(&name, |b| b.iter(|| hypervolume(black_box(&points), &maximize[..d], &[0.0; 4][..d])));
    }
}

criterion_group!(pareto, benches);
criterion_main!(pareto);
