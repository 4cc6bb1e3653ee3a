//! A figure over several runs of one scenario.

use serde::Serialize;

use super::Trace;

/// Median, minimum and maximum of a figure over several runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    /// All 0 for no runs.
    pub fn of(runs: &[Trace], figure: impl Fn(&Trace) -> f64) -> Self {
        let mut figures: Vec<_> = runs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        let (Some(&min), Some(&max)) = (figures.first(), figures.last()) else {
            return Self::default();
        };
        let half = figures.len() / 2;
        let median = if figures.len() % 2 == 1 {
            figures[half]
        } else {
            f64::midpoint(figures[half - 1], figures[half])
        };
        Self { median, min, max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_of_no_runs_is_nothing() {
        assert_eq!(Spread::of(&[], |_| 1.0), Spread::default());
    }
}
