//! Frames that are not what they should be.

use rand::RngExt;
use rand::rngs::StdRng;

/// One byte of a frame behind its length, or of its length, is another.
pub fn damage(frame: &mut [u8], rng: &mut StdRng) {
    let from = if rng.random_range(0..10) == 0 { 0 } else { 4 };
    // Heads matter more than the data behind them.
    let to = frame.len().min([20, 60, 200, usize::MAX][rng.random_range(0..4)]);
    if from < to {
        let value = [0, 1, 2, 0x7f, 0x80, 0xff, rng.random()][rng.random_range(0..7)];
        frame[rng.random_range(from..to)] = value;
    }
}
