//! Containers, where the machine has an engine.

#![cfg(target_os = "linux")]

mod commands;
mod image;
mod refused;
