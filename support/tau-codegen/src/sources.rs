//! The `.proto` files and what the compiler makes of them.

use std::path::{Path, PathBuf};

use buffa::Message;
use buffa_codegen::generated::descriptor::{FileDescriptorProto, FileDescriptorSet};

use crate::error::{CodegenError, CodegenErrorKind};

/// Files below this folder only define the options that validators are generated from; nobody sends their messages.
const OPTIONS_ONLY: &str = "buf/";

/// The compiled `.proto` files of one folder.
#[derive(Debug)]
pub(crate) struct Sources {
    /// The files to generate from, named as imports name them, sorted.
    pub(crate) inputs: Vec<String>,
    /// The inputs and everything they import, with comments.
    pub(crate) files: Vec<FileDescriptorProto>,
    /// The same as an encoded `FileDescriptorSet`, without comments.
    pub(crate) lean: Vec<u8>,
}

impl Sources {
    /// Compiles every `.proto` file under `root`, which is also where imports are looked up.
    pub(crate) fn compile(root: &Path) -> Result<Self, CodegenError> {
        let mut inputs = Vec::new();
        collect(root, root, &mut inputs)?;
        if inputs.is_empty() {
            return Err(CodegenError::new(CodegenErrorKind::NoInput(root.to_owned())));
        }
        inputs.sort();

        // Source info carries the comments, which become rustdoc.
        let full = descriptors(root, &inputs, SourceInfo::Include)?;
        let files = FileDescriptorSet::decode_from_slice(&full)
            .map_err(|error| CodegenError::because(CodegenErrorKind::Descriptors, error))?
            .file;
        let lean = descriptors(root, &inputs, SourceInfo::Omit)?;
        Ok(Self { inputs, files, lean })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SourceInfo {
    Include,
    Omit,
}

/// An error of the compiler that displays as `file:line:column: what`. The compiler's own Display leaves out the place,
/// its Debug has it.
#[derive(Debug, thiserror::Error)]
#[error("{0:?}")]
struct Located(protox::Error);

fn descriptors(root: &Path, inputs: &[String], source_info: SourceInfo) -> Result<Vec<u8>, CodegenError> {
    protox::Compiler::new([root])
        .and_then(|mut compiler| {
            compiler
                .include_source_info(source_info == SourceInfo::Include)
                .include_imports(true)
                .open_files(inputs)?;
            // Only the encoded form keeps custom options, which the rules of the fields are.
            Ok(compiler.encode_file_descriptor_set())
        })
        .map_err(|error| CodegenError::because(CodegenErrorKind::Compile, Located(error)))
}

/// Adds the `.proto` files under `folder`, named as imports name them: relative to `root`, with forward slashes.
fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) -> Result<(), CodegenError> {
    let unreadable = |path: &Path, error| CodegenError::because(CodegenErrorKind::Io(path.to_owned()), error);
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path: PathBuf = entry.map_err(|error| unreadable(folder, error))?.path();
        if path.is_dir() {
            collect(root, &path, found)?;
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
            let name = parts.join("/");
            if !name.starts_with(OPTIONS_ONLY) {
                found.push(name);
            }
        }
    }
    Ok(())
}
