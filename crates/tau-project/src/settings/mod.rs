//! Files of settings, as Claude Code reads them: `settings.json` and `settings.local.json` in a project's `.claude` and
//! `.tau` folders, those of the user, and those of the machine's owner.
//!
//! [`SettingsFiles`] says which files there are and whose they are; [`Settings`] is what one of them says; [`Layers`] is
//! all of them, and [`Layers::effective`] what they come to, once it is known whether the project is trusted.
//!
//! # How they are laid over one another
//!
//! Of a single value, the highest scope that has one decides: the machine's owner, then the project's local file, the
//! project's file, the user's. Lists add up. Which list a rule stands in decides, not where: deny goes before ask, ask
//! before allow.
//!
//! # What fails closed
//!
//! A file that cannot be read may have denied anything, and so may one whose rules that deny or ask are no rules. So as long as there is one, every call is asked about
//! ([`Effective::permissions`] has the rule `*`).

mod effective;
mod files;
mod parse;

pub use effective::{Effective, Layer, Layers};
pub use files::{Scope, SettingsFiles};
pub(crate) use parse::mode_of;
pub use parse::{Permissions, Settings};
