//! Whether a broker has warmed up: what each run cost it in; the answer out.

/// Runs may differ by so much, as a share of the one before.
const STEADY: f64 = 0.05;

/// Whether the last two runs differ by little.
pub fn is_warm(costs: &[f64]) -> bool {
    match costs {
        [.., before, last] => (last - before).abs() < STEADY * before,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_runs_decide() {
        assert!(!is_warm(&[]) && !is_warm(&[10.0]));
        assert!(!is_warm(&[20.0, 12.0, 11.0]));
        assert!(is_warm(&[20.0, 12.0, 11.9]));
        assert!(is_warm(&[10.0, 10.4]));
        assert!(!is_warm(&[10.0, 9.4]));
    }
}
