//! What a server says about an error, out of the several shapes in use.

use std::time::Duration;

use serde_json::Value;
use tau_core::event::ModelFailureKind;

/// The longest text of a server that is shown.
const MAX_WORDS: usize = 2_000;

/// What a server says about an error.
pub(crate) struct ServerWords {
    pub(crate) message: String,
    /// Names for the error, the most exact first.
    names: Vec<String>,
    /// How long it asks to wait, where it says so in the body, as Google does.
    pub(crate) wait: Option<Duration>,
}

impl ServerWords {
    /// Reads `{"error":{"message","code","type","status"}}`, `{"error":"..."}`, `{"message"}`, `{"detail"}`, or any text.
    pub(crate) fn read(body: &str) -> Self {
        let parsed = serde_json::from_str::<Value>(body).unwrap_or_default();
        // Some gateways wrap the object in a list.
        let value = parsed.get(0).unwrap_or(&parsed);
        let error = value.get("error").unwrap_or(value);
        let text = |value: Option<&Value>| match value {
            Some(Value::String(text)) => text.clone(),
            Some(value @ (Value::Number(_) | Value::Object(_))) => value.to_string(),
            _ => String::new(),
        };
        let message = [
            error.get("message"),
            Some(error).filter(|e| e.is_string()),
            value.get("message"),
            value.get("detail"),
        ]
        .into_iter()
        .map(text)
        .find(|text| !text.is_empty())
        .unwrap_or_else(|| body.trim().to_owned());
        let names = [error.get("code"), reason(error), error.get("type"), error.get("status")];
        let names = names.into_iter().map(text).filter(|text| !text.is_empty()).collect();
        let end = message.floor_char_boundary(MAX_WORDS);
        Self { message: message[..end].to_owned(), names, wait: retry_info(error) }
    }

    /// The most exact name; empty when there is none.
    pub(crate) fn code(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    fn is_named(&self, names: &[&str]) -> bool {
        self.names.iter().any(|held| names.contains(&held.as_str()))
    }

    /// Whether a quota is used up, which does not come back within the time of a retry. Sources: the references of OpenAI
    /// (the first three), Moonshot and Z.ai for the codes of errors.
    pub(crate) fn is_quota(&self) -> bool {
        self.is_named(&[
            "insufficient_quota",
            "billing_hard_limit_reached",
            "billing_not_active",
            "exceeded_current_quota_error",
            "1113",
        ])
    }

    /// What its names say it is. Sources: the references of OpenAI, Anthropic, Google and
    /// Amazon for errors.
    pub(crate) fn kind(&self) -> Option<ModelFailureKind> {
        let kinds: [(&[&str], ModelFailureKind); 5] = [
            (
                &["rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED", "throttlingException"],
                ModelFailureKind::RateLimited,
            ),
            (
                &[
                    "overloaded_error",
                    "api_error",
                    "server_error",
                    "UNAVAILABLE",
                    "internalServerException",
                    "modelStreamErrorException",
                    "serviceUnavailableException",
                ],
                ModelFailureKind::Server,
            ),
            (
                &["authentication_error", "permission_error", "invalid_api_key", "API_KEY_INVALID"],
                ModelFailureKind::Unauthorized,
            ),
            (&["not_found_error", "model_not_found", "NOT_FOUND"], ModelFailureKind::NotFound),
            (
                &[
                    "invalid_request_error",
                    "context_length_exceeded",
                    "request_too_large",
                    "INVALID_ARGUMENT",
                    "validationException",
                ],
                ModelFailureKind::InvalidRequest,
            ),
        ];
        if self.is_quota() {
            return Some(ModelFailureKind::RateLimited);
        }
        // The code is more exact than the type, so it is looked up first.
        self.names.iter().find_map(|name| {
            kinds.iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, kind)| *kind)
        })
    }

    /// Whether a status that says "the server failed" means a request that can never do. llama.cpp answers 500 to several
    /// of them: its issues 13566 (pictures), 19774 (context), 25510 (arguments in the history); and to what a chat
    /// template refuses or a grammar cannot be made of. Ollama does to a model that is too large for the machine.
    pub(crate) fn is_permanent(&self, status: u16) -> bool {
        const WORDS: [&str; 11] = [
            "context size has been exceeded",
            "exceeds the available context size",
            "input is too large to process",
            "is not supported by this server",
            "image input is not supported",
            "audio input is not supported",
            "failed to parse tool call arguments as json",
            "requires --jinja",
            "failed to parse grammar",
            "conversation roles must alternate",
            "requires more system memory",
        ];
        let message = self.message.to_lowercase();
        status == 500 && WORDS.iter().any(|words| message.contains(words))
    }
}

/// Google's `ErrorInfo` among the details of an error: `{"reason": "API_KEY_INVALID"}`.
fn reason(error: &Value) -> Option<&Value> {
    error.get("details")?.as_array()?.iter().find_map(|detail| detail.get("reason"))
}

/// Google's `RetryInfo` among the details of an error: `{"retryDelay": "34s"}`.
fn retry_info(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_errors() {
        use ModelFailureKind as Kind;
        let cases = [
            (r#"{"error":{"type":"overloaded_error","message":"m"}}"#, Some(Kind::Server)),
            (r#"{"error":{"code":"insufficient_quota"}}"#, Some(Kind::RateLimited)),
            (
                r#"{"error":{"code":"context_length_exceeded","type":"server_error"}}"#,
                Some(Kind::InvalidRequest),
            ),
            (r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}"#, Some(Kind::RateLimited)),
            (r#"{"error":"no names"}"#, None),
        ];
        for (body, kind) in cases {
            assert_eq!(ServerWords::read(body).kind(), kind, "{body}");
        }
    }

    #[test]
    fn the_wait_that_google_asks_for() {
        let body = r#"{"error":{"code":429,"details":[{"@type":"a"},{"retryDelay":"34.5s"}]}}"#;
        assert_eq!(ServerWords::read(body).wait, Some(Duration::from_millis(34_500)));
        assert_eq!(ServerWords::read(r#"{"error":{"details":[{"retryDelay":"soon"}]}}"#).wait, None);
    }

    #[test]
    fn what_llama_cpp_calls_a_failure_of_the_server() {
        let said = ServerWords::read(
            r#"{"error":{"code":500,"message":"Failed to parse tool call arguments as JSON: ...","type":"server_error"}}"#,
        );
        assert!(said.is_permanent(500) && !said.is_permanent(503));
        assert!(!ServerWords::read("GPU on fire").is_permanent(500));
    }
}
