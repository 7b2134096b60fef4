//! The highest layer: flags.

use figment::providers::Serialized;
use figment::{Error, Metadata, Profile, Provider, value::{Dict, Map}};
use serde_json::{Map as Object, Value, json};

use crate::args::{CommonArgs, RunArgs};

/// What the flags set.
pub(super) struct Flags(Value);

pub(super) fn layer(common: &CommonArgs, run: Option<&RunArgs>) -> Flags {
    let mut root = Object::new();
    put(&mut root, "model", common.model.as_ref());
    if let Some(run) = run {
        let mut budget = Object::new();
        put(&mut budget, "max_turns", run.max_turns.as_ref());
        put(&mut budget, "max_tokens", run.max_tokens.as_ref());
        put(&mut budget, "max_cost", run.max_cost.as_ref());
        put(&mut budget, "max_tool_calls", run.max_tool_calls.as_ref());
        if !budget.is_empty() {
            root.insert("agent".to_owned(), json!({ "budget": budget }));
        }
    }
    Flags(Value::Object(root))
}

fn put<T: serde::Serialize>(object: &mut Object<String, Value>, key: &str, value: Option<&T>) {
    if let Some(value) = value.and_then(|value| serde_json::to_value(value).ok()) {
        object.insert(key.to_owned(), value);
    }
}

impl Provider for Flags {
    fn metadata(&self) -> Metadata {
        Metadata::named("flags of the command line")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Serialized::defaults(&self.0).data()
    }
}
