use proptest::prelude::*;
use serde::Deserialize;
use tau_core::{Model, Money, Prices, TokenUsage};

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

#[test]
fn usage_adds_field_by_field_and_stays_at_the_maximum() {
    let one = TokenUsage { input: 10, cached_input: 4, cache_write: 3, output: 5, reasoning: 2 };
    let mut sum = one + one;
    assert_eq!(sum, TokenUsage { input: 20, cached_input: 8, cache_write: 6, output: 10, reasoning: 4 });
    assert_eq!(sum.total(), 30);
    sum += TokenUsage { input: u64::MAX, output: 1, ..TokenUsage::default() };
    assert_eq!((sum.input, sum.output, sum.total()), (u64::MAX, 11, u64::MAX));
}

#[test]
fn usage_of_a_provider_that_counts_no_parts_reads() {
    let read: TokenUsage = serde_json::from_str(r#"{"input": 3, "output": 4}"#).unwrap();
    assert_eq!(read, TokenUsage { input: 3, output: 4, ..TokenUsage::default() });
}

#[test]
fn sums_are_exact_where_floats_are_not() {
    let mut sum = Money::ZERO;
    for _ in 0..10 {
        sum += money("0.1");
    }
    assert_eq!(sum, money("1"));
    assert_eq!(money("0.1") + money("0.2"), money("0.3"));
    assert_eq!(Money::from_nanos(u64::MAX) + money("1"), Money::from_nanos(u64::MAX));
}

#[test]
fn a_price_per_million_is_taken_exactly_and_rounded_down() {
    assert_eq!(money("3").per_million(1), Money::from_nanos(3_000));
    assert_eq!(money("0.15").per_million(1_234_567), Money::from_nanos(185_185_050));
    assert_eq!(money("0.000000001").per_million(999_999), Money::ZERO);
    assert_eq!(money("0.000000001").per_million(1_000_000), Money::from_nanos(1));
    assert_eq!(Money::from_nanos(u64::MAX).per_million(u64::MAX), Money::from_nanos(u64::MAX));
}

#[test]
fn each_kind_of_token_has_its_price() {
    let usage = TokenUsage {
        input: 1_000_000,
        cached_input: 600_000,
        cache_write: 100_000,
        output: 10,
        reasoning: 9,
    };
    let mut prices = Prices::new(money("3"), money("15"));
    assert_eq!(prices.cost(&usage), money("3.00015"));
    prices.cached_input = Some(money("0.3"));
    assert_eq!(prices.cost(&usage), money("1.38015"));
    prices.cache_write = Some(money("3.75"));
    assert_eq!(prices.cost(&usage), money("1.45515"));

    let mut model = Model::new("m");
    assert_eq!(model.cost(&usage), None);
    model.prices = Some(prices);
    assert_eq!(model.cost(&usage), Some(money("1.45515")));
}

#[test]
fn parts_that_exceed_their_whole_do_not_wrap() {
    let usage = TokenUsage { input: 1, cached_input: 5, cache_write: 5, ..TokenUsage::default() };
    assert_eq!(Prices::new(money("1"), money("1")).cost(&usage), Money::from_nanos(10_000));
}

#[test]
fn an_amount_is_shown_with_at_least_two_decimals() {
    let table = [
        ("0", "$0.00"),
        ("3", "$3.00"),
        ("0.15", "$0.15"),
        ("0.0004", "$0.0004"),
        ("0.100", "$0.10"),
        ("12.3456789", "$12.3456789"),
        ("0.000000001", "$0.000000001"),
    ];
    for (text, shown) in table {
        assert_eq!(money(text).to_string(), shown);
    }
}

#[test]
fn what_is_not_an_amount_is_refused() {
    let table = [
        "",
        "$",
        "$$1",
        ".5",
        "1.",
        "1,5",
        "-1",
        "+1",
        "1e3",
        "0.1234567890",
        "NaN",
        "1 000",
        "18446744074",
        "٣",
    ];
    for text in table {
        assert_eq!(
            text.parse::<Money>().unwrap_err().to_string(),
            format!(
                "`{text}` is not an amount of US dollars; write a number such as 0.15, at most nine decimals, not \
                 negative"
            ),
        );
    }
}

#[derive(Debug, Deserialize)]
struct Bill {
    amount: Money,
}

fn bill(toml: &str) -> Result<Money, String> {
    toml::from_str::<Bill>(toml).map(|bill| bill.amount).map_err(|error| error.message().to_owned())
}

#[test]
fn toml_floats_integers_and_texts_read() {
    assert_eq!(bill("amount = 0.15"), Ok(Money::from_nanos(150_000_000)));
    assert_eq!(bill("amount = 3"), Ok(Money::from_nanos(3_000_000_000)));
    assert_eq!(bill("amount = \"0.15\""), Ok(Money::from_nanos(150_000_000)));
    assert_eq!(bill("amount = \"$0.15\""), Ok(Money::from_nanos(150_000_000)));
    assert_eq!(bill("amount = 1e-9"), Ok(Money::from_nanos(1)));
    assert_eq!(serde_json::from_str::<Money>("18446744073").unwrap(), money("18446744073"));
}

#[test]
fn toml_values_that_are_no_amount_say_why() {
    let not = |text: &str| {
        Err(format!(
            "`{text}` is not an amount of US dollars; write a number such as 0.15, at most nine decimals, not negative"
        ))
    };
    assert_eq!(bill("amount = -1"), not("-1"));
    assert_eq!(bill("amount = -0.5"), not("-0.5"));
    assert_eq!(bill("amount = inf"), not("inf"));
    assert_eq!(bill("amount = 1e-10"), not("0.0000000001"));
    assert_eq!(
        bill("amount = true").unwrap_err(),
        "invalid type: boolean `true`, expected an amount of US dollars such as 0.15",
    );
}

#[test]
fn an_amount_is_written_as_a_plain_decimal_text() {
    assert_eq!(serde_json::to_value(money("0.15")).unwrap(), "0.15");
    assert_eq!(serde_json::to_value(money("3")).unwrap(), "3");
}

proptest! {
    #[test]
    fn any_amount_reads_back(nanos in any::<u64>()) {
        let amount = Money::from_nanos(nanos);
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        let json = serde_json::to_string(&amount).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), amount);
    }

    /// Up to fifteen significant digits a float gives back the decimal it was written as.
    #[test]
    fn a_decimal_written_as_a_float_is_that_decimal(micros in 0u64..=999_999_999_999_999) {
        let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        prop_assert_eq!(bill(&format!("amount = {text}")), Ok(Money::from_nanos(micros * 1_000)));
    }

    #[test]
    fn a_cost_never_exceeds_the_exact_one_and_misses_less_than_a_nano_per_part(
        price in 0u64..1_000_000_000_000, tokens in 0u64..1_000_000_000,
    ) {
        let exact = u128::from(price) * u128::from(tokens);
        let charged = u128::from(Money::from_nanos(price).per_million(tokens).as_nanos()) * 1_000_000;
        prop_assert!(charged <= exact && exact - charged < 1_000_000);
    }
}
