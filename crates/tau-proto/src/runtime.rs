//! The protobuf packages `tau.runtime`: the interface of the runtime, by major version.

pub mod v1;
