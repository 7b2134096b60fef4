//! Logging in to remote servers: OAuth with PKCE, and where tokens are kept.
//!
//! A server that wants to know who calls answers with [`Unauthorized`](crate::McpErrorKind::Unauthorized). A [`Login`]
//! then finds its authorization server, registers this client there where that is needed, and gives the address
//! that a person opens in a browser. Where the browser is sent back to is a [`LoopbackRedirect`]. The tokens go to a
//! [`TokenStore`], from which connections take them, and where they are renewed.

mod http_client;
mod keeper;
mod login;
mod redirect;
mod store;

pub use login::{Login, LoginOptions};
pub use redirect::LoopbackRedirect;
pub use store::{MemoryTokenStore, TokenStore};

pub(crate) use keeper::manager;
