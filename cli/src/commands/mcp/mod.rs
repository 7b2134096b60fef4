//! `tau mcp`: servers of the Model Context Protocol.

mod add;
mod auth;
mod list;
mod remove;
mod test;

pub(crate) use add::add;
pub(crate) use auth::auth;
pub(crate) use list::list;
pub(crate) use remove::remove;
pub(crate) use test::test;
