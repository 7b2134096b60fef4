//! Numbers that a seed gives, the same on every machine.

/// SplitMix64: `https://prng.di.unimi.it/splitmix64.c`, public domain.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `end`, which is not 0. What the remainder favours is too little to matter here.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True that often in a hundred times.
    pub(crate) const fn percent(&mut self, often: u64) -> bool {
        self.below(100) < often
    }

    /// One of them; there is at least one.
    pub(crate) fn one_of<T: Clone>(&mut self, of: &[T]) -> T {
        let at = self.below(of.len() as u64);
        of[usize::try_from(at).unwrap_or_default()].clone()
    }
}
