//! A session as one page of HTML that needs nothing else: no script, no other file, no network.
//!
//! What is in it was written by a model, by tools and by whoever they read from, so it is all hostile until it is
//! escaped: [`markup::Html`] takes no text in that is not. A policy in the page forbids whatever might slip through.

mod entry;
mod markup;
mod page;
mod picture;

pub(crate) use page::page;
