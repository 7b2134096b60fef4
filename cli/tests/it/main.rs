//! The program `tau` as people and scripts use it: the real binary, against a model server that answers by script.

mod bad_config;
mod bad_server;
mod bad_tools;
mod config;
mod doctor;
#[cfg(target_os = "linux")]
mod interrupts;
mod json_output;
mod permissions;
mod run;
mod schema;
mod secrets;
mod support;
