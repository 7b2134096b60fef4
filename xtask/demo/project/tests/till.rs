use till::Basket;

fn basket(prices: &[u64]) -> Basket {
    let mut basket = Basket::default();
    prices.iter().for_each(|price| basket.add(*price));
    basket
}

#[test]
fn small_baskets_cost_what_is_in_them() {
    assert_eq!(basket(&[199, 301]).net(), 500);
}

#[test]
fn a_hundred_is_enough_for_the_discount() {
    assert_eq!(basket(&[4_000, 6_000]).net(), 9_000);
}

#[test]
fn tax_is_rounded_half_up() {
    // 19 % of 0.50 is 0.095.
    assert_eq!(basket(&[50]).total(), 60);
}
