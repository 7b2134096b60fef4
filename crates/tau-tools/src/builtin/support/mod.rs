//! What several built-in tools need.

mod capture;
mod changes;
mod definition;
mod diff;
mod kind;
mod lines;
mod nearest;
mod paths;
mod picture;
mod replace;
mod text;
mod tolerant;
mod unread;

pub(super) use capture::Capture;
pub(super) use changes::{changes_files, changes_path};
pub(super) use definition::definition;
pub(super) use diff::unified;
pub(super) use kind::binary_kind;
pub(super) use lines::{Budget, count_lines, cut_line};
pub(super) use nearest::nearest;
pub(super) use paths::{Place, failure, quoted, shown, workspace_path};
pub(super) use picture::{PictureError, picture};
pub(super) use replace::{find, replace};
pub(super) use text::{Decoded, TextEncoding, decode};
pub(super) use tolerant::find_tolerant;
pub(super) use unread::Unread;

/// The longest file a tool reads as a whole.
pub(super) const FILE_BYTES: u64 = 50 << 20;
