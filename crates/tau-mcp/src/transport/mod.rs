//! What carries messages: pipes of a process, Streamable HTTP, HTTP with server-sent events.

pub(crate) mod client;
pub(crate) mod http;
pub(crate) mod probe;
pub(crate) mod process;
pub(crate) mod remote_error;
pub(crate) mod sse;
pub(crate) mod stderr;
pub(crate) mod stdio;
