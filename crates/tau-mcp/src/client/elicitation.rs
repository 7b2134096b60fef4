//! What a server asks a person.

use std::fmt;

use futures::future::BoxFuture;
use serde_json::{Map, Value};
use url::Url;

/// Answers what servers ask a person. A client without one says so, and servers that keep to the protocol do
/// not ask.
///
/// An implementer must show which server asks, and must not fill in an answer that no person gave. A caller may not
/// assume that an answer comes soon; dropping the future takes the question back.
pub trait Elicitor: fmt::Debug + Send + Sync {
    /// Asks a person on behalf of a server.
    fn elicit<'a>(&'a self, server: &'a str, question: Elicitation) -> BoxFuture<'a, ElicitationAnswer>;
}

/// A question.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Elicitation {
    /// For values that go to the server, and that the model does not see. Never for passwords and keys: servers
    /// must ask for those by [`Visit`](Self::Visit).
    Form {
        /// What is asked.
        message: String,
        /// A JSON Schema of an object of texts, numbers, truth values and choices, with defaults.
        schema: Value,
    },
    /// To do something on a page of the server, which is not opened before a person has said yes to its address.
    Visit {
        /// What for.
        message: String,
        /// The page.
        url: Url,
    },
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ElicitationAnswer {
    /// The person gave these values, none for a [`Visit`](Elicitation::Visit). Those that are missing and have a
    /// default in the schema are filled in.
    Accepted(Map<String, Value>),
    /// The person said no.
    Declined,
    /// The person did not answer.
    Cancelled,
}

/// Values with the schema's defaults for those that are missing.
pub(super) fn with_defaults(mut values: Map<String, Value>, schema: &Value) -> Map<String, Value> {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(default) = property.get("default").filter(|default| !default.is_null()) {
            values.entry(name.clone()).or_insert_with(|| default.clone());
        }
    }
    values
}
