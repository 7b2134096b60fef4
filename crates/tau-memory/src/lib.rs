//! Filesystem memory: what an agent knows because it stands in files beside the work.
//!
//! Projects already carry instructions for agents, in `AGENTS.md` and `CLAUDE.md` files at every level of a repository.
//! This crate turns such files into one ordered piece of system context, and can say of every file it left out why it
//! did so. Memory that is dropped without a word is worse than none: the agent acts against instructions its user
//! believes it has.
//!
//! # What it promises
//!
//! - **Same files, same bytes.** Order is fixed (general to specific), line ends are normalised, nothing depends on the
//!   order of a directory listing. A prompt prefix built from it stays cacheable across machines.
//! - **Bounded.** [`SystemContext::render`] never exceeds the total limit, headers included.
//! - **Nothing foreign.** A project file is read only when its real path lies inside the boundary, so a link planted in
//!   a repository cannot pull a private key into the context of a model. FIFOs and devices are never opened.
//! - **Never all or nothing.** One bad file is an entry in [`SystemContext::skipped`], not a failure.
//!
//! # Working memory
//!
//! [`WorkingMemory`] is a folder of notes that outlive a session. Nothing in it is overwritten that the writer did not see, and
//! every version can be compared and put back; see [`working`].
//!
//! # What it does not do
//!
//! It knows no home folder, no environment and no current directory: callers give absolute paths. It counts bytes, not
//! tokens. It holds no conversation. It does not watch files; load again to see a change. A link swapped by another
//! process between the check and the read is not caught: keep untrusted processes out while loading.
//!
//! # Modules
//!
//! | module | holds |
//! |---|---|
//! | [`bootstrap`] | instruction files from a boundary folder down to the working folder, compiled into [`SystemContext`] |
//! | [`document`] | the split of a document into front matter and body |
//! | [`working`] | notes that an agent writes, with every version of them |
//! | [`text`] | bounded reading of text files: byte order mark, line ends, encoding |
//!
//! # Example
//!
//! ```
//! use tau_memory::Bootstrap;
//!
//! let project = tempfile::tempdir()?;
//! let parser = project.path().join("parser");
//! std::fs::create_dir(&parser)?;
//! std::fs::write(project.path().join("AGENTS.md"), "Run the tests.\n")?;
//! std::fs::write(parser.join("CLAUDE.md"), "Never panic on input.\n")?;
//!
//! let context = Bootstrap::new(&parser).boundary(project.path()).load();
//!
//! assert_eq!(context.sections[0].label, "AGENTS.md");
//! assert_eq!(context.sections[1].label, "parser/CLAUDE.md");
//! assert!(context.skipped.is_empty());
//! assert!(context.render().contains("Never panic on input."));
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod bootstrap;
pub mod document;
pub mod markdown;
pub mod text;
pub mod working;

pub use bootstrap::{Bootstrap, SystemContext};
pub use document::Document;
pub use working::WorkingMemory;
