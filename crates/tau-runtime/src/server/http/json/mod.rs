//! JSON as strict as protobuf is: what the descriptors do not know is refused.
//!
//! The decoder of `buffa` ignores fields that do not exist, takes an array for a message and its items for the fields in
//! order, and its limits do not cover JSON. A misspelt field would be a call that does something else than was meant.

mod shape;
mod walk;

use std::collections::BTreeMap;

use buffa_descriptor::{DescriptorPool, MessageIndex, PoolError};
use serde::de::DeserializeSeed;

use shape::Shape;
use walk::Walk;

/// What the JSON of requests may look like, by method.
#[derive(Debug)]
pub struct JsonShapes {
    pool: DescriptorPool,
    inputs: BTreeMap<String, MessageIndex>,
}

/// The descriptors do not describe anything.
#[derive(Debug, thiserror::Error)]
#[error("the descriptors cannot be read")]
pub struct DescriptorError(#[from] PoolError);

impl JsonShapes {
    /// Reads an encoded `google.protobuf.FileDescriptorSet`, which must hold what its files import.
    ///
    /// The JSON of methods that are not in it is held to the limit of depth and to unique keys alone.
    ///
    /// # Errors
    ///
    /// The set does not decode, or is not complete.
    pub fn decode(descriptors: &[u8]) -> Result<Self, DescriptorError> {
        let pool = DescriptorPool::decode(descriptors)?;
        let methods = pool.services().iter().flat_map(|service| {
            let path = |method: &str| format!("{}/{method}", service.full_name());
            service.methods().iter().map(move |method| (path(method.name()), method.input()))
        });
        let inputs = methods.collect();
        Ok(Self { pool, inputs })
    }

    /// Checks a request of the method with this path, such as `tau.runtime.v1.AdminService/GetInfo`.
    pub(super) fn check(&self, path: &str, json: &[u8], max_depth: usize) -> Result<(), String> {
        let shape = match self.inputs.get(path.trim_start_matches('/')) {
            Some(message) => Shape::of_message(&self.pool, *message),
            None => Shape::Any,
        };
        let mut text = serde_json::Deserializer::from_slice(json);
        Walk::root(&self.pool, shape, max_depth)
            .deserialize(&mut text)
            .and_then(|()| text.end())
            .map_err(|error| format!("the JSON of the request is malformed: {error}"))
    }
}

#[cfg(test)]
mod tests;
