//! Integration tests, over the real kernel.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not tests to clippy")]

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod escape;
mod policy;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), feature = "proxy"))]
mod proxy;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod sandbox;

/// The helper that was built with these tests.
fn helper() -> tau_sandbox::Helper {
    tau_sandbox::Helper::at(env!("CARGO_BIN_EXE_tau-sandbox"))
}
