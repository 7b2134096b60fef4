use crate::tax;

/// Baskets from this price on get a discount.
const DISCOUNT_FROM: u64 = 10_000;

/// A basket of goods.
#[derive(Debug, Default)]
pub struct Basket {
    prices: Vec<u64>,
}

impl Basket {
    /// Puts something into the basket.
    pub fn add(&mut self, cents: u64) {
        self.prices.push(cents);
    }

    /// The price without tax, the discount taken off.
    pub fn net(&self) -> u64 {
        let sum: u64 = self.prices.iter().sum();
        if sum > DISCOUNT_FROM {
            sum - sum / 10
        } else {
            sum
        }
    }

    /// What is to be paid.
    pub fn total(&self) -> u64 {
        let net = self.net();
        net + tax::of(net)
    }
}
