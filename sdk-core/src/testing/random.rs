use std::sync::Mutex;

use crate::{
    crypto::digest::sha256,
    lock::locked,
    ports::{Random, RandomError},
};

/// Bytes that look random and are the same for the same seed in every run and on every platform: SHA-256 over seed
/// and counter. Never for real secrets.
pub struct SeededRandom {
    seed: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    blocks: u64,
    /// What is left of the last block, last byte first.
    rest: Vec<u8>,
    failing: bool,
}

impl SeededRandom {
    /// Begins the sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, state: Mutex::default() }
    }

    /// From here on there is no randomness.
    pub fn fail(&self) {
        locked(&self.state).failing = true;
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
        let mut state = locked(&self.state);
        if state.failing {
            return Err(RandomError);
        }
        for byte in buffer {
            *byte = state.next(self.seed);
        }
        Ok(())
    }
}

impl State {
    fn next(&mut self, seed: u64) -> u8 {
        loop {
            if let Some(byte) = self.rest.pop() {
                return byte;
            }
            let input = [seed.to_be_bytes(), self.blocks.to_be_bytes()].concat();
            self.rest = sha256(&input).into_iter().rev().collect();
            self.blocks += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_depends_on_the_seed_alone() {
        let take = |seed, sizes: &[usize]| {
            let random = SeededRandom::new(seed);
            let fill = |&size: &usize| {
                let mut bytes = vec![0; size];
                random.fill(&mut bytes).unwrap();
                bytes
            };
            sizes.iter().flat_map(fill).collect::<Vec<u8>>()
        };
        assert_eq!(take(7, &[40]), take(7, &[1, 32, 7]));
        assert_ne!(take(7, &[40]), take(8, &[40]));
    }

    #[test]
    fn failing_randomness_gives_an_error() {
        let random = SeededRandom::new(1);
        random.fail();
        assert_eq!(random.fill(&mut [0; 4]), Err(RandomError));
    }
}
