//! Amounts of money, exact.

use std::fmt;
use std::ops::{Add, AddAssign};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const NANOS_PER_DOLLAR: u64 = 1_000_000_000;

/// An amount of US dollars, held in whole nano-dollars so that sums are exact and budgets compare.
///
/// Written as a decimal number of dollars, `0.15`; at most nine digits after the point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(u64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount in nano-dollars.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The amount in nano-dollars.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// What `tokens` cost when this is the price of a million, rounded down to the nano-dollar.
    #[must_use]
    pub fn per_million(self, tokens: u64) -> Self {
        let nanos = u128::from(self.0) * u128::from(tokens) / 1_000_000;
        Self(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl fmt::Display for Money {
    /// Dollars with at least two decimals, and as many more as the amount needs: `$0.15`, `$0.0004`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.decimal(2))
    }
}

impl Money {
    fn decimal(self, least: usize) -> String {
        let fraction = format!("{:09}", self.0 % NANOS_PER_DOLLAR);
        let kept = fraction.trim_end_matches('0').len().max(least);
        let whole = self.0 / NANOS_PER_DOLLAR;
        if kept == 0 { whole.to_string() } else { format!("{whole}.{}", &fraction[..kept]) }
    }
}

/// A text is not an amount of dollars.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an amount of US dollars; write a number such as 0.15, at most nine decimals, not negative"
)]
pub struct ParseMoneyError {
    text: String,
}

impl FromStr for Money {
    type Err = ParseMoneyError;

    /// Reads `3`, `0.15` or `$0.15`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || -> Option<u64> {
            let text = text.trim();
            let number = text.strip_prefix('$').unwrap_or(text);
            let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
            let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
                return None;
            }
            let nanos = format!("{fraction:0<9}").parse::<u64>().ok()?;
            whole.parse::<u64>().ok()?.checked_mul(NANOS_PER_DOLLAR)?.checked_add(nanos)
        };
        parse().map(Self).ok_or_else(|| ParseMoneyError { text: text.to_owned() })
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.decimal(0))
    }
}

impl<'de> Deserialize<'de> for Money {
    /// Reads a number (`0.15`) or a text (`"0.15"`).
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Money;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount of US dollars such as 0.15")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Money, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Money, E> {
                // The shortest decimal that reads back as this float is what the author wrote.
                number.to_string().parse().map_err(E::custom)
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Money, E> {
                number.to_string().parse().map_err(E::custom)
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Money, E> {
                number.to_string().parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["number", "string"],
            "minimum": 0,
            "description": "An amount of US dollars, such as 0.15."
        })
    }
}
