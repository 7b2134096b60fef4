//! Hooks: whoever decides at points of the loop.
//!
//! A [`Hook`] is one decider. [`Hooks`] is the port that says which there are: a session asks it where hooks are wanted,
//! and for those of a point, in their order. What several decide becomes one decision here, whatever they are made of:
//!
//! - They are asked one after the other, by priority and then as they are declared. What one changes, the next is asked
//!   about.
//! - Deny beats ask, ask beats allow, allow beats continue. A denial ends the asking.
//! - One that fails, takes too long or says what its point does not allow counts as its [`FailurePolicy`] says.
//!
//! The kernel asks and waits for the answer; it knows nothing of the hooks but the points. A session without hooks is
//! exactly as if there were no such thing.
//!
//! # Example
//!
//! ```
//! use tau_core::event::{HookDecision, HookPoint, HookVerdict};
//! use tau_runtime::hooks::{FailurePolicy, HookList, HookSpec};
//!
//! let guard = HookSpec::new("no-force-push", HookPoint::BeforeTool)
//!     .for_tools(["shell"])
//!     .with_failure(FailurePolicy::Block);
//! let hooks = HookList::default().with(guard, |ask| {
//!     let arguments = ask.call.as_ref().map(|call| call.arguments.raw()).unwrap_or_default();
//!     Ok(match arguments.contains("--force") {
//!         true => HookDecision::new(HookVerdict::Deny, "Pushes are never forced here."),
//!         false => HookDecision::default(),
//!     })
//! });
//! assert_eq!(hooks.len(), 1);
//! ```

mod ask;
mod chain;
mod health;
mod list;
mod point;
mod port;
mod several;

pub use ask::HookAsk;
pub(crate) use chain::{ask_all, tell_all};
#[cfg(feature = "server")]
pub(crate) use health::counts_as_denial;
pub use health::{HookHealth, HookStatus};
pub use list::HookList;
pub(crate) use point::{can_deny, fitting};
pub use port::{FailurePolicy, Hook, HookFailure, HookSpec, Hooks, RegisteredHook};
pub use several::SeveralHooks;
