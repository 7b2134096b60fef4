//! What a server says of an error, typed.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use connectrpc::ConnectError;
use tau_proto::buffa::{Message, MessageName};
use tau_proto::google::rpc::{BadRequest, RetryInfo};
use tau_proto::runtime::v1::{ConflictDetail, ErrorDetail};

/// What a server says of an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The code, for machines that retry: `not_found`.
    pub code: &'static str,
    /// The reason, for programs that decide: `session_not_found`.
    pub reason: String,
    /// What to do, for people. May be empty.
    pub hint: String,
    /// The fields at fault, by path.
    pub violations: Vec<FieldViolation>,
    /// Whether the same request may succeed later.
    pub is_retryable: bool,
    /// How long to wait before that, where the server says so.
    pub retry_after: Option<Duration>,
    /// Facts by name, such as `limit`.
    pub metadata: BTreeMap<String, String>,
    /// With `session_in_use`: whoever has the session, for people. Empty where that is not known.
    pub owner: String,
}

/// A field that breaks its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldViolation {
    /// Its path in the request: `prompt[0].text`.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

impl Refusal {
    /// What an error carries; `None` where no server of ours made it.
    pub(super) fn read(error: &ConnectError) -> Option<Self> {
        let detail: ErrorDetail = find(error)?;
        let bad: Option<BadRequest> = find(error);
        let retry: Option<RetryInfo> = find(error);
        let violations = bad.map(|bad| bad.field_violations).unwrap_or_default().into_iter();
        let violations = violations
            .map(|violation| FieldViolation { field: violation.field, description: violation.description });
        let conflict: Option<ConflictDetail> = find(error);
        let delay = retry.and_then(|retry| retry.retry_delay.into_option());
        Some(Self {
            code: error.code.as_str(),
            reason: detail.reason,
            hint: detail.hint,
            violations: violations.collect(),
            is_retryable: detail.is_retryable,
            retry_after: delay.and_then(|delay| crate::time::from_wire(&delay)),
            metadata: detail.metadata.into_iter().collect(),
            owner: conflict.map(|conflict| conflict.owner).unwrap_or_default(),
        })
    }
}

/// The first detail of a type. gRPC writes `type.googleapis.com/` before its name, Connect does not.
fn find<M: Message + MessageName>(error: &ConnectError) -> Option<M> {
    let detail = error
        .details
        .iter()
        .find(|detail| detail.type_url.rsplit('/').next().is_some_and(|name| name == M::FULL_NAME))?;
    let value = detail.value.as_deref()?;
    let bytes = STANDARD_NO_PAD.decode(value).or_else(|_| STANDARD.decode(value)).ok()?;
    M::decode_from_slice(&bytes).ok()
}
