//! The interface, called by its generated clients within this process.

mod admin;
mod encodings;
mod manage;
mod run;
mod subscribe;
mod support;
