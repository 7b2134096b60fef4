//! The interface, called by its generated clients within this process.

mod admin;
mod encodings;
mod list;
mod manage;
mod run;
mod subscribe;
mod support;
