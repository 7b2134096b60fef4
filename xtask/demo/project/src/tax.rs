/// Tax in percent.
const RATE: u64 = 19;

/// The tax on a price, rounded half up.
pub fn of(net: u64) -> u64 {
    net * RATE / 100
}
