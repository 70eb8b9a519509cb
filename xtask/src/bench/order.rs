//! In which order contestants run: forwards, then backwards (ABBA), so that what drifts in the
//! meantime hits all of them alike.

/// Each pass with one of the items, in the order of the runs; a turn is two passes.
pub fn abba<T: Copy>(items: &[T], turns: u32) -> Vec<(u32, T)> {
    let passes = 0..turns.saturating_mul(2);
    passes.flat_map(|pass| in_pass(items, pass).into_iter().map(move |item| (pass, item))).collect()
}

fn in_pass<T: Copy>(items: &[T], pass: u32) -> Vec<T> {
    if pass.is_multiple_of(2) { items.to_vec() } else { items.iter().rev().copied().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_pass_goes_back() {
        let order: String = abba(&['a', 'b', 'c'], 2).into_iter().map(|(_, item)| item).collect();
        assert_eq!(order, "abccbaabccba");
    }

    #[test]
    fn every_item_has_a_run_in_every_pass() {
        let order = abba(&[1, 2], 1);
        assert_eq!(order, [(0, 1), (0, 2), (1, 2), (1, 1)]);
    }
}
