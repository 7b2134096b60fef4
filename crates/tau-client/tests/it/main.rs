//! A client against the runtime itself, in the same process and over connections that break.

mod attach;
mod example;
mod runs;
mod sessions;
mod support;
