//! Several measurements of one thing: values in; their middle, and how far they lie apart, out.

use serde::{Deserialize, Serialize};

/// A median with the smallest and the largest value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The value in the middle.
    pub median: f64,
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
}

impl Spread {
    /// Of these values; `None` without any.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (&low, &high) = (values.first()?, values.last()?);
        let middle = values.len() / 2;
        let upper = *values.get(middle)?;
        let lower = if values.len().is_multiple_of(2) { *values.get(middle - 1)? } else { upper };
        Some(Self { median: f64::midpoint(lower, upper), low, high })
    }

    /// The largest as a multiple of the smallest.
    pub fn ratio(&self) -> f64 {
        self.high / self.low
    }
}

/// Half the width of the interval in which the mean lies with 95 % confidence (Student's t);
/// infinite for fewer than two values.
pub fn half_width(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    if values.len() < 2 {
        return f64::INFINITY;
    }
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    t_of(values.len() - 1) * (squares / (n - 1.0) / n).sqrt()
}

/// Two-sided 95 % quantiles of Student's t; from 30 degrees of freedom on a little too large.
fn t_of(freedom: usize) -> f64 {
    const FIRST: [f64; 12] =
        [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179];
    let later = if freedom < 30 { 2.16 } else { 2.042 };
    FIRST.get(freedom.saturating_sub(1)).copied().unwrap_or(later)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(values: &[f64]) -> Option<f64> {
        Spread::of(values.iter().copied()).map(|spread| spread.median)
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), Some(3.0));
    }

    #[test]
    fn the_ends_are_kept() {
        let spread = Spread::of([2.0, 1.0, 4.0]).expect("values");
        assert_eq!((spread.low, spread.high, spread.ratio()), (1.0, 4.0, 4.0));
    }

    #[test]
    fn one_value_says_nothing_of_others() {
        assert!(half_width(&[1.0]).is_infinite());
        assert!(half_width(&[1.0, 1.0, 1.0]) < 1e-9);
    }

    #[test]
    fn an_interval_is_that_of_the_textbook() {
        // Mean 3, standard deviation 1.5811, t 2.776 at 4 degrees of freedom.
        let half = half_width(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!((half - 1.963).abs() < 0.001, "{half}");
    }
}
