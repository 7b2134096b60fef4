//! Where a page ended.

use super::row::{Order, Place};
use crate::server::failure::Failure;
use crate::server::reason::Reason;
use tau_core::event::Timestamp;

/// Where a page ended: among all sessions, and among those of the store, as the store names that place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Token {
    pub(super) place: Option<Place>,
    pub(super) stored: String,
}

impl Token {
    /// Its order, the time and the id of the last session, and what the store says.
    pub(super) fn text(&self, order: Order) -> String {
        let (time, id) =
            self.place.map(|(time, id)| (time.0.to_string(), id.to_string())).unwrap_or_default();
        format!("{}.{time}.{id}.{}", order.0 as u8, self.stored)
    }

    /// Reads a token; the beginning where it is empty.
    pub(super) fn read(text: &str, order: Order) -> Result<Self, Failure> {
        let invalid = || {
            Failure::new(Reason::InvalidPageToken, "the page token is of no page of this list")
                .hint("take it as it was given, with the same order")
        };
        if text.is_empty() {
            return Ok(Self::default());
        }
        let parts: Vec<&str> = text.splitn(4, '.').collect();
        let &[of, time, id, stored] = &parts[..] else { return Err(invalid()) };
        if of.parse() != Ok(order.0 as u8) {
            return Err(invalid());
        }
        let place = match (time.is_empty(), id.is_empty()) {
            (true, true) => None,
            _ => {
                let time = time.parse().map_err(|_| invalid())?;
                Some((Timestamp(time), id.parse().map_err(|_| invalid())?))
            }
        };
        Ok(Self { place, stored: stored.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use tau_core::SessionId;
    use tau_core::event::Timestamp;

    use super::super::row::Order;
    use super::Token;
    use crate::runtime::StoredOrder;

    #[test]
    fn it_is_read_as_it_was_written_and_with_no_other_order() {
        let (order, other) = (Order(StoredOrder::CreatedAscending), Order(StoredOrder::UpdatedDescending));
        let place = Some((Timestamp(17), SessionId::from_u128(7)));
        for token in [
            Token::default(),
            Token { place, stored: String::new() },
            Token { place, stored: "1.2.a.b".into() },
            Token { place: None, stored: "x".into() },
        ] {
            let text = token.text(order);
            assert_eq!(Token::read(&text, order).ok(), Some(token));
            assert!(Token::read(&text, other).is_err(), "{text}");
        }
        assert_eq!(Token::read("", order).ok(), Some(Token::default()));
        for text in ["x", "3.1.x.", "3..a.", "3.17.00000000-0000-0000-0000-000000000007", "3"] {
            assert!(Token::read(text, order).is_err(), "{text}");
        }
    }
}
