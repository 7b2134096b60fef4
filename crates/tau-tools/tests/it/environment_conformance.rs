//! The environments of this crate, under the checks that every environment passes.

use crate::conformance;
use crate::support::{local, memory};

macro_rules! conforms {
    ($($check:ident),*) => {
        mod in_memory {
            $(#[tokio::test] async fn $check() { super::conformance::$check(&super::memory([])).await })*
        }
        mod on_disk {
            $(#[tokio::test] async fn $check() {
                let (_folder, environment) = super::local();
                super::conformance::$check(&environment).await;
            })*
        }
    };
}

conforms!(files, listing, globs, greps, lines, limits);
