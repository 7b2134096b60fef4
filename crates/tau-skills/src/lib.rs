//! Agent Skills: folders with a `SKILL.md` that teach an agent a task.
//!
//! The format is that of the Agent Skills specification (agentskills.io) and of the extensions in wide use. Of the
//! skills people publish, nearly all parse as ordinary YAML front matter while fewer than a quarter pass the strict
//! rules of the specification. So the strict rules are a lint here, not a gate: a skill is loaded whenever its meaning
//! is clear, each departure is a [`Warning`], and whatever is not loaded is a [`Skipped`] with its reason.
//!
//! # Three levels of disclosure
//!
//! A model should pay for a skill only as far as it uses it.
//!
//! 1. [`Catalogue::render`]: one line per skill, within a budget, at the start of a session.
//! 2. [`Skill::body`]: the instructions, read when the skill is used.
//! 3. [`Skill::resources`]: the names of the files beside them, listed when asked for.
//!
//! A skill that is used becomes text in two steps, [`invocation`]: what its body wants run and read is told to the caller,
//! who judges and fetches it.
//!
//! # What it promises
//!
//! - The same folders give the same catalogue and the same rendered bytes.
//! - Project skills win over the user's of the same name, whatever the order of the roots; every loser is in
//!   [`Catalogue::shadowed`] and still found as `user:name`. A plugin's skills are `plugin:name`.
//! - Reading, walking and rendering are bounded; a loop of links ends, an alias bomb does not expand.
//!
//! # What it does not do
//!
//! It executes nothing and fetches nothing. It decides nothing about trust: skills of a repository are as
//! trustworthy as the repository, and links in skill folders are followed to wherever they lead, as every client does.
//! It knows no home folder and no working folder: callers give them.
//!
//! # Modules
//!
//! | module | holds |
//! |---|---|
//! | [`discovery`] | [`Discovery`]: walks the roots |
//! | [`catalogue`] | [`Catalogue`]: what was found, what shadows what, what was left out; its rendering |
//! | [`skill`] | [`Skill`]: one skill, its body and its resources |
//! | [`front_matter`] | [`FrontMatter`]: the fields at the head of a `SKILL.md` |
//! | [`invocation`] | from the body of a skill to what the model reads |
//! | [`matching`] | which skills a prompt is about, and why |
//! | [`validation`] | the strict rules, with the verdicts of the reference validator |
//! | [`plugin`] | plugins and marketplaces |
//!
//! # Example
//!
//! ```
//! use tau_skills::{Discovery, Scope};
//!
//! let project = tempfile::tempdir()?;
//! let folder = project.path().join(".agents/skills/review");
//! std::fs::create_dir_all(&folder)?;
//! std::fs::write(
//!     folder.join("SKILL.md"),
//!     "---\nname: review\ndescription: Reviews a change. Use when: a diff is ready.\n---\nRead the diff first.\n",
//! )?;
//!
//! let catalogue = Discovery::new().root(project.path().join(".agents/skills"), Scope::Project).discover();
//!
//! // The second colon is not valid YAML; the skill is loaded with a warning.
//! let skill = &catalogue.skills["review"];
//! assert_eq!(skill.description, "Reviews a change. Use when: a diff is ready.");
//! assert_eq!(catalogue.warnings.len(), 1);
//! assert_eq!(skill.body()?.text, "Read the diff first.\n");
//! assert!(catalogue.render(500).text.starts_with("- review: Reviews a change."));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod catalogue;
pub mod discovery;
pub mod front_matter;
pub mod invocation;
pub mod matching;
pub mod plugin;
pub mod skill;
pub mod validation;

mod listing;
mod load;
mod parallel;
mod repair;
mod resources;
mod tools;
mod yaml;

pub use catalogue::{Catalogue, Shadowed, SkipReason, Skipped, Warning, WarningKind};
pub use discovery::{Cache, Discovery, Limits, Scope, nested_roots};
pub use front_matter::{Context, Execution, FrontMatter};
pub use invocation::Invocation;
pub use listing::Listing;
pub use matching::Match;
pub use skill::{Kind, Skill};
