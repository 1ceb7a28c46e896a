//! Many times in a few numbers.

use serde::Serialize;

/// Mean, median and tail of a set of values, in the values' unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantiles {
    pub mean: f64,
    pub median: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

impl Quantiles {
    /// Sorts `values` and reads them off; all zeros where there are none.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = values.len().saturating_sub(1);
            values.get((share * last as f64).round() as usize).copied().unwrap_or(0.0)
        };
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        Self { mean, median: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1.0) }
    }
}

/// The median of some values, 0 where there are none.
pub fn median(values: Vec<f64>) -> f64 {
    Quantiles::of(values).median
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_read_off_the_sorted_values() {
        let quantiles = Quantiles::of((1..=1001).rev().map(f64::from).collect());
        let expected = Quantiles { mean: 501.0, median: 501.0, p99: 991.0, p999: 1000.0, max: 1001.0 };
        assert_eq!(quantiles, expected);
        assert_eq!(Quantiles::of(Vec::new()).max, 0.0);
    }
}
