//! What several built-in tools need.

mod capture;
mod definition;
mod diff;
mod lines;
mod nearest;
mod paths;
mod replace;

pub(super) use capture::Capture;
pub(super) use definition::definition;
pub(super) use diff::unified;
pub(super) use lines::{Budget, count_lines, cut_line};
pub(super) use nearest::nearest;
pub(super) use paths::{Place, failure, shown, workspace_path};
pub(super) use replace::{find, replace};

/// The longest file a tool reads as a whole.
pub(super) const FILE_BYTES: u64 = 50 << 20;
