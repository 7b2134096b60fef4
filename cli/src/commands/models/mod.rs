//! `tau models`: which there are, and what one can do.

mod list;
mod table;
mod test;

pub(crate) use list::list;
pub(crate) use test::test;
