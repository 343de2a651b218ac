use serde::{Deserialize, Serialize};

use super::{VaultError, format::FORMAT};

/// What a vault must hold. It is sealed, and changes in the transaction that changes a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The format it was written in. A database that claims an older one was set back.
    pub(super) format: u32,
    /// Rises by one with each change.
    pub(super) generation: u64,
    /// How many items and slots there are.
    pub(super) rows: u64,
    /// Over their keyed hashes.
    pub(super) sum: RowSum,
}

impl Manifest {
    /// The manifest of no rows, before the first change.
    pub(super) fn empty() -> Self {
        Self { format: FORMAT, generation: 0, rows: 0, sum: RowSum::default() }
    }

    /// The start of the manifest that follows this one, with the same rows.
    pub(super) fn next(&self) -> Self {
        Self { format: FORMAT, generation: self.generation.saturating_add(1), ..self.clone() }
    }

    /// The same, of no rows.
    pub(super) fn without_rows(&self) -> Self {
        Self { rows: 0, sum: RowSum::default(), ..self.clone() }
    }

    /// Counts the rows of these hashes in.
    pub(super) fn add_all(&mut self, hashes: impl IntoIterator<Item = [u8; 32]>) {
        for hash in hashes {
            self.rows = self.rows.wrapping_add(1);
            self.sum.add(&hash);
        }
    }

    /// Counts the rows of these hashes out.
    pub(super) fn subtract_all(&mut self, hashes: impl IntoIterator<Item = [u8; 32]>) {
        for hash in hashes {
            self.rows = self.rows.wrapping_sub(1);
            self.sum.subtract(&hash);
        }
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, VaultError> {
        serde_json::to_vec(self).map_err(VaultError::Unwritable)
    }

    pub(super) fn from_json(json: &[u8]) -> Result<Self, VaultError> {
        serde_json::from_slice(json).map_err(|_| VaultError::damaged("its manifest cannot be read"))
    }
}

/// The sum of keyed hashes modulo 2²⁵⁶, which a change of one row updates in constant time.
///
/// A sum, because a row that occurs twice cancels itself out under exclusive or, and it does not here
/// (`MSet-Add-Hash`, Clarke et al., "Incremental Multiset Hash Functions and Their Application to Memory Integrity
/// Checking", 2003). Sums of plain hashes fall to the generalised birthday attack; these are HMACs under a key that
/// the attacker does not have, and the sum itself is sealed, so each forgery is a blind guess.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RowSum([u64; 4]);

impl RowSum {
    fn add(&mut self, hash: &[u8; 32]) {
        let mut carry = false;
        for (limb, addend) in self.0.iter_mut().zip(limbs(hash)) {
            let (sum, over) = limb.overflowing_add(addend);
            let (sum, over_again) = sum.overflowing_add(u64::from(carry));
            *limb = sum;
            carry = over || over_again;
        }
    }

    fn subtract(&mut self, hash: &[u8; 32]) {
        let mut borrow = false;
        for (limb, subtrahend) in self.0.iter_mut().zip(limbs(hash)) {
            let (rest, under) = limb.overflowing_sub(subtrahend);
            let (rest, under_again) = rest.overflowing_sub(u64::from(borrow));
            *limb = rest;
            borrow = under || under_again;
        }
    }
}

/// Little-endian, lowest first.
fn limbs(hash: &[u8; 32]) -> impl Iterator<Item = u64> + '_ {
    let (limbs, _) = hash.as_chunks::<8>();
    limbs.iter().map(|limb| u64::from_le_bytes(*limb))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(hashes: &[[u8; 32]]) -> RowSum {
        let mut sum = RowSum::default();
        for hash in hashes {
            sum.add(hash);
        }
        sum
    }

    #[test]
    fn carries_through_all_limbs() {
        let mut one = [0; 32];
        one[0] = 1;
        assert_eq!(sum(&[[0xff; 32], one]), RowSum::default());
        let mut below = RowSum::default();
        below.subtract(&one);
        assert_eq!(below, sum(&[[0xff; 32]]));
    }

    #[test]
    fn a_row_that_occurs_twice_is_counted_twice() {
        assert_ne!(sum(&[[3; 32], [3; 32]]), sum(&[]));
        assert_ne!(sum(&[[3; 32], [3; 32], [7; 32]]), sum(&[[7; 32]]));
    }

    proptest! {
        #[test]
        fn order_does_not_matter_and_subtracting_undoes(hashes: Vec<[u8; 32]>, other: [u8; 32]) {
            let mut backwards = hashes.clone();
            backwards.reverse();
            let mut back = sum(&backwards);
            prop_assert_eq!(&sum(&hashes), &back);
            back.add(&other);
            back.subtract(&other);
            prop_assert_eq!(sum(&hashes), back);
        }
    }
}
