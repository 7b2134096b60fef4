//! The layer of `TAU_*` variables: `TAU_CLIENT__MAX_RETRIES=5` sets `client.max_retries`.

use figment::Figment;
use figment::providers::Env;
use figment::value::Value;
use tau_core::config::Config;

use super::error::LoadError;

/// Variables that begin with `TAU_` and are no configuration.
const OTHER: [&str; 5] = ["config", "log", "server", "state_dir", "trust_project"];

/// What the variables set. One that is empty sets nothing.
pub(super) fn layer() -> Result<Config, LoadError> {
    let variables = Env::prefixed("TAU_").ignore(&OTHER).split("__");
    let figment =
        variables.iter().filter(|(_, text)| !text.is_empty()).fold(Figment::new(), |figment, (key, text)| {
            let value = if is_secret(key.as_str()) {
                Value::from(text)
            } else {
                let Ok(value) = text.parse::<Value>();
                value
            };
            figment.merge((key.as_str(), value))
        });
    figment.extract().map_err(|error| LoadError::in_variable(&error))
}

/// Whether a key's value is a text that no error may show. A key of digits alone would be read as a number
/// otherwise, and the error would say which.
fn is_secret(key: &str) -> bool {
    key.ends_with(".api_key") || key.contains(".headers.")
}
