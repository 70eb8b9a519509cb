//! Watched ports as the kernel keeps them: a bit for each, in an array map of 1,024 words.

/// Words of a set.
pub const PORT_WORDS: usize = 65_536 / 64;

/// The word that holds a port's bit.
#[inline(always)]
pub const fn word_of(port: u16) -> u32 {
    port as u32 / 64
}

/// The port's bit within its word.
#[inline(always)]
pub const fn bit_of(port: u16) -> u64 {
    1 << (port % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_has_a_bit_of_its_own() {
        let mut words = [0; PORT_WORDS];
        for port in 0..=u16::MAX {
            let word = &mut words[word_of(port) as usize];
            assert_eq!(*word & bit_of(port), 0);
            *word |= bit_of(port);
        }
        assert!(words.iter().all(|&word| word == u64::MAX));
    }
}
