//! Refusals, and what they say about trying again.

use serde_json::json;

use crate::Reply;
use crate::fault::Fault;

fn limited() -> Reply {
    Reply::status(429).header("content-type", "application/json")
}

const SLOW_DOWN: &str =
    "{\"error\":{\"message\":\"slow down\",\"type\":\"requests\",\"code\":\"rate_limit_exceeded\"}}";

/// A refusal of llama.cpp.
fn llama(message: &str) -> Reply {
    Reply::json(500, &json!({ "error": { "code": 500, "message": message, "type": "server_error" } }))
}

pub(super) fn faults() -> Vec<Fault> {
    [limits(), failures(), refusals()].concat()
}

/// Limits of rate and quotas.
fn limits() -> Vec<Fault> {
    vec![
        Fault::new(
            "429 with retry-after in seconds",
            "RFC 9110, 10.2.3",
            limited().header("retry-after", "0.05").bytes(SLOW_DOWN),
        ),
        Fault::new(
            "429 with retry-after as a date that is past",
            "RFC 9110, 10.2.3",
            limited().header("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT").bytes(SLOW_DOWN),
        ),
        Fault::new(
            "429 with retry-after-ms",
            "Azure OpenAI reference",
            limited().header("retry-after-ms", "50").bytes(SLOW_DOWN),
        ),
        Fault::new("429 without retry-after", "OpenAI guide to rate limits", limited().bytes(SLOW_DOWN)),
        Fault::new(
            "429 with rate-limit headers alone",
            "OpenAI guide to rate limits",
            limited()
                .header("x-ratelimit-remaining-tokens", "0")
                .header("x-ratelimit-reset-tokens", "50ms")
                .bytes(SLOW_DOWN),
        ),
        Fault::new(
            "429 with a wait in its body",
            "Google RPC, RetryInfo",
            Reply::json(
                429,
                &json!({ "error": { "code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED",
                "details": [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.05s" }] } }),
            ),
        ),
        Fault::new(
            "429 that asks for an hour",
            "openai/codex#23304",
            limited().header("retry-after", "3600").bytes(SLOW_DOWN),
        ),
        Fault::new(
            "429 for a used-up quota",
            "OpenAI guide to error codes",
            Reply::error(429, "insufficient_quota", "You exceeded your current quota"),
        ),
        Fault::new(
            "402 for an empty account",
            "DeepSeek reference, error codes; OpenRouter reference, errors",
            Reply::error(402, "invalid_request_error", "Insufficient Balance"),
        ),
    ]
}

/// Failures of the server, some of which are none.
fn failures() -> Vec<Fault> {
    vec![
        Fault::new(
            "503 while a model loads",
            "llama.cpp server README, /health",
            Reply::error(503, "unavailable_error", "Loading model"),
        ),
        Fault::new("500 with a web page", "reverse proxies", Reply::status(500).bytes("<html>Bad</html>")),
        Fault::new(
            "529",
            "Doriandarko/claude-engineer#161; Anthropic reference, errors",
            Reply::error(529, "overloaded_error", "Overloaded"),
        ),
        Fault::new("408", "RFC 9110, 15.5.9", Reply::status(408)),
        Fault::new(
            "500 for a picture nobody can see",
            "ggml-org/llama.cpp#13566",
            llama("image input is not supported by this server"),
        ),
        Fault::new(
            "500 for a full context",
            "ggml-org/llama.cpp#19774",
            llama("Context size has been exceeded."),
        ),
        Fault::new(
            "500 for arguments in the history",
            "ggml-org/llama.cpp#25510",
            llama("Failed to parse tool call arguments as JSON: [json.exception.parse_error.101]"),
        ),
        Fault::new(
            "500 that says not to try again",
            "openai/openai-python, x-should-retry",
            Reply::status(500).header("x-should-retry", "false").bytes("no"),
        ),
        Fault::new(
            "501",
            "RFC 9110, 15.6.2; llama.cpp not_supported_error",
            Reply::error(501, "not_supported_error", "no embeddings"),
        ),
    ]
}

/// Refusals of the request.
fn refusals() -> Vec<Fault> {
    vec![
        Fault::new("401 as plain text", "nginx and gateways", Reply::status(401).bytes("Unauthorized")),
        Fault::new(
            "404 for a model",
            "OpenAI reference",
            Reply::error(404, "model_not_found", "The model does not exist"),
        ),
        Fault::new(
            "an error in a list",
            "Google's OpenAI-compatible endpoint",
            Reply::json(400, &json!([{ "error": { "message": "listed", "code": 400 } }])),
        ),
        Fault::new("a redirect", "RFC 9110, 15.4", Reply::status(302).header("location", "/elsewhere")),
        Fault::new(
            "an error body that never ends",
            "RFC 9112, 6.3",
            Reply::status(400).bytes("so much was said").hang(),
        ),
    ]
}
