//! What is known of programs: which run their arguments, and how; which options make one run or write more; what they do with
//! files.

mod files;
mod git;
mod options;
mod runs;
mod variables;

pub(crate) use files::{Files, files, is_read_only};
pub(crate) use git::{danger as git_danger, inner as git_inner};
pub(crate) use options::{
    command_options, has_dangerous_options, is_dangerous, is_option, option_value, value_letters,
};
pub(crate) use runs::{
    Place, Runs, has_words_of_its_own, is_interpreter, is_never_by_prefix, is_open_builtin, is_transparent,
    reads_code, runs,
};
pub(crate) use variables::{holds_program, is_safe_variable};
