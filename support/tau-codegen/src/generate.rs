//! From `.proto` files to source text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use buffa::Message;
use buffa_codegen::generated::descriptor::FileDescriptorSet;
use buffa_codegen::{BytesRepr, CodeGenConfig, MapRepr};

use crate::error::{CodegenError, CodegenErrorKind};

/// The generated source files, by name.
///
/// Per package there is one `<package>.mod.rs` to be included; it includes the others of that package, which must lie
/// beside it. The same input gives the same bytes, on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedTree {
    files: BTreeMap<String, String>,
}

impl GeneratedTree {
    /// Generates the Rust of every `.proto` file under `root`, which is also where imports are looked up.
    ///
    /// # Errors
    ///
    /// Every [`CodegenErrorKind`]. Warnings of the generator are errors.
    pub fn from_proto(root: &Path) -> Result<Self, CodegenError> {
        let mut inputs = Vec::new();
        collect_proto(root, root, &mut inputs)?;
        if inputs.is_empty() {
            return Err(CodegenError::new(CodegenErrorKind::NoInput(root.to_owned())));
        }
        inputs.sort();

        let descriptors = compile(root, &inputs)?;
        let (generated, warnings) =
            buffa_codegen::generate_with_diagnostics(&descriptors.file, &inputs, &config())
                .map_err(|error| CodegenError::because(CodegenErrorKind::Generate, error))?;
        if !warnings.is_empty() {
            let warnings = warnings.iter().map(ToString::to_string).collect();
            return Err(CodegenError::new(CodegenErrorKind::Warnings(warnings)));
        }
        Ok(Self { files: generated.into_iter().map(|file| (file.name, file.content)).collect() })
    }

    /// The files: name to content.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }
}

/// An error of the compiler that displays as `file:line:column: what`. The compiler's own Display leaves out the place,
/// its Debug has it.
#[derive(Debug, thiserror::Error)]
#[error("{0:?}")]
struct Located(protox::Error);

/// How messages look in Rust.
fn config() -> CodeGenConfig {
    let mut config = CodeGenConfig::default();
    // Borrowed views are what RPC handlers read; until there are stubs nobody does, and they double the code.
    config.generate_views = false;
    // The Connect protocol and the web console speak JSON. Gated, because a journal does not.
    config.generate_json = true;
    config.gate_impls_on_crate_features = true;
    // Nothing in the interface uses Any or extensions, so there is nothing to register.
    config.emit_register_fn = false;
    // An event's body is handed to many subscribers: share it, and decode it without a copy.
    config.bytes_fields.push((".".into(), BytesRepr::Bytes));
    // One allocation less per message on a stream of small ones.
    config.unboxed_oneof_fields.push(".".into());
    // Map order must not depend on a random hash seed.
    config.map_fields.push((".".into(), MapRepr::BTreeMap));
    config
}

fn compile(root: &Path, inputs: &[String]) -> Result<FileDescriptorSet, CodegenError> {
    let compiled = protox::Compiler::new([root])
        .and_then(|mut compiler| {
            // Source info carries the comments, which become rustdoc.
            compiler.include_source_info(true).include_imports(true).open_files(inputs)?;
            Ok(compiler.encode_file_descriptor_set())
        })
        .map_err(|error| CodegenError::because(CodegenErrorKind::Compile, Located(error)))?;
    FileDescriptorSet::decode_from_slice(&compiled)
        .map_err(|error| CodegenError::because(CodegenErrorKind::Descriptors, error))
}

/// Adds the `.proto` files under `folder`, named as imports name them: relative to `root`, with forward slashes.
fn collect_proto(root: &Path, folder: &Path, found: &mut Vec<String>) -> Result<(), CodegenError> {
    let unreadable = |path: &Path, error| CodegenError::because(CodegenErrorKind::Io(path.to_owned()), error);
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path: PathBuf = entry.map_err(|error| unreadable(folder, error))?.path();
        if path.is_dir() {
            collect_proto(root, &path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            let parts: Option<Vec<&str>> = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .components()
                .map(|part| part.as_os_str().to_str())
                .collect();
            let Some(parts) = parts else {
                return Err(CodegenError::new(CodegenErrorKind::FileName(path)));
            };
            found.push(parts.join("/"));
        }
    }
    Ok(())
}
