//! A session as people read it: what was said, called, allowed and given back, in order.
//!
//! [`fold()`] makes it of the events; text, HTML and JSON are ways to show it.

mod about;
mod fold;
mod item;
mod text;
mod words;

pub(crate) use about::{About, Open};
pub(crate) use fold::{fold, fold_events, live};
pub(crate) use item::{Call, Item, Part, What};
pub(crate) use text::{Shortened, render};
pub(crate) use words::{arguments_in_full, call_state, cut_word, main_argument, permission_line, remark};
