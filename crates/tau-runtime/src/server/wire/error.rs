//! Why a message cannot become what the kernel knows.

use std::borrow::Cow;

use crate::server::reason::Reason;

/// A field of a message holds what it cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{problem}", .field, if .field.is_empty() { "" } else { ": " })]
pub(crate) struct WireError {
    reason: Reason,
    field: String,
    problem: Cow<'static, str>,
}

impl WireError {
    pub(super) fn new(
        reason: Reason,
        field: impl Into<String>,
        problem: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { reason, field: field.into(), problem: problem.into() }
    }

    /// A value that no rule of the field allows, or of a newer version.
    pub(super) fn invalid(field: &str, problem: &'static str) -> Self {
        Self::new(Reason::InvalidRequest, field, problem)
    }

    /// The stable name of what is wrong.
    pub(crate) const fn reason(&self) -> Reason {
        self.reason
    }

    /// The path of the field from the message that was read, as `google.rpc.BadRequest` writes it:
    /// `config.options.extra_json["top_k"]`.
    pub(crate) fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with it.
    pub(crate) fn problem(&self) -> &str {
        &self.problem
    }

    /// The same error, seen from the message that holds the field's message in `outer`.
    pub(crate) fn within(mut self, outer: &str) -> Self {
        let is_nested = !self.field.is_empty() && !self.field.starts_with('[');
        self.field = format!("{outer}{}{}", if is_nested { "." } else { "" }, self.field);
        self
    }
}

/// What was read, seen from the message that holds it.
pub(super) trait Within: Sized {
    fn within(self, outer: &str) -> Self;

    fn within_item(self, outer: &str, index: usize) -> Self {
        self.within(&format!("{outer}[{index}]"))
    }

    fn within_key(self, outer: &str, key: &str) -> Self {
        self.within(&format!("{outer}[{key:?}]"))
    }
}

impl<T> Within for Result<T, WireError> {
    fn within(self, outer: &str) -> Self {
        self.map_err(|error| error.within(outer))
    }
}

/// Reads every item of a field.
pub(super) fn read_all<W, T>(
    field: &str,
    items: impl IntoIterator<Item = W>,
    read: impl Fn(W) -> Result<T, WireError>,
) -> Result<Vec<T>, WireError> {
    let read_one = |(index, item)| read(item).within_item(field, index);
    items.into_iter().enumerate().map(read_one).collect()
}
