//! The program `tau` as people and scripts use it: the real binary, against a model server that answers by script.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy takes helpers of tests for ordinary code"
)]

mod attach;
mod bad_config;
#[cfg(target_os = "linux")]
mod bad_disk;
mod bad_server;
mod bad_store;
mod bad_tools;
#[cfg(target_os = "linux")]
mod beyond;
mod config;
#[cfg(target_os = "linux")]
mod container;
mod doctor;
#[cfg(target_os = "linux")]
mod graph;
#[cfg(target_os = "linux")]
mod graph_examples;
#[cfg(target_os = "linux")]
mod graph_kill;
#[cfg(target_os = "linux")]
mod interrupts;
mod json_output;
#[cfg(unix)]
mod kill;
#[cfg(unix)]
mod kill_network;
mod knowledge;
mod loop_tools;
#[cfg(unix)]
mod mcp;
mod models;
mod nested;
mod permissions;
mod project;
mod record;
mod remote;
mod resume;
mod rpc;
mod run;
mod schema;
mod secrets;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod serve_drain;
#[cfg(unix)]
mod serve_journal;
mod serve_limits;
mod serve_project;
mod sessions_damage;
mod sessions_delete;
mod sessions_html;
mod sessions_list;
mod sessions_search;
mod sessions_show;
mod sessions_support;
mod sessions_transfer;
mod subagents_asked;
mod support;
mod trust;
mod undo;
