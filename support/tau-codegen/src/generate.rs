//! From `.proto` files to everything that is checked in.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::CodegenError;
use crate::rust;
use crate::sources::Sources;

/// The generated files, by name within their folder, with forward slashes.
///
/// | name | content |
/// |---|---|
/// | `message/<package>.mod.rs` | messages of a package; to be included, and includes the others beside it |
/// | `service/<package>.mod.rs` | service stubs of a package that has services; likewise |
/// | `validate/<package>.validate.rs` | validators of what a server receives, of messages and of their views |
/// | `descriptors.binpb` | an encoded `google.protobuf.FileDescriptorSet` without comments, imports included |
///
/// The same input gives the same bytes, on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedTree {
    files: BTreeMap<String, Vec<u8>>,
}

impl GeneratedTree {
    /// Generates from every `.proto` file under `root`, which is also where imports are looked up. From files under
    /// `buf/` nothing is generated: they define what the rules of the others may say.
    ///
    /// # Errors
    ///
    /// Every [`CodegenErrorKind`](crate::CodegenErrorKind). Warnings of the generators are errors, and so are rules that
    /// cannot be made into code.
    pub fn from_proto(root: &Path) -> Result<Self, CodegenError> {
        let sources = Sources::compile(root)?;
        let mut files = BTreeMap::new();
        for (folder, generated) in [
            ("message", rust::messages(&sources)?),
            ("service", rust::services(&sources)?),
            ("validate", rust::validators(&sources)?),
        ] {
            files.extend(
                generated.into_iter().map(|(name, text)| (format!("{folder}/{name}"), text.into_bytes())),
            );
        }
        files.insert("descriptors.binpb".into(), sources.lean);
        Ok(Self { files })
    }

    /// The files: name to content.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// The text of one file; nothing where there is no such file, or it is not text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(name)?).ok()
    }
}
