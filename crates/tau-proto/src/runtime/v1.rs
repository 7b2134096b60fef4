//! The protobuf package `tau.runtime.v1`, generated from `proto/tau/runtime/v1`.
//!
//! With the feature `rpc` every message `X` has a borrowed form `XView`, every service `S` a trait `S` to implement, an
//! extension trait that registers it and a client `SClient`, and every message that a server receives implements
//! [`Validate`](protovalidate_buffa::Validate), in both forms.

#![allow(
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    clippy::all,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::expect_used,
    clippy::too_many_lines,
    clippy::wildcard_imports,
    reason = "generated code is judged by its generator; the shape of these types is the definition of the interface"
)]

include!("../gen/message/tau.runtime.v1.mod.rs");

#[cfg(feature = "rpc")]
include!("../gen/service/tau.runtime.v1.mod.rs");

/// Only implementations: a module of its own keeps what they import out of sight.
#[cfg(feature = "rpc")]
mod validate {
    use crate as tau; // the validators write paths as protobuf does

    include!("../gen/validate/tau.runtime.v1.validate.rs");
}
