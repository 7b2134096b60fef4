//! What can go wrong while generating.

use std::path::PathBuf;

/// A failure to generate code or to reach the files around it.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct CodegenError {
    kind: CodegenErrorKind,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of [`CodegenError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodegenErrorKind {
    /// The folder holds no `.proto` file.
    #[error("no .proto file under {}", .0.display())]
    NoInput(PathBuf),
    /// A file name is not UTF-8, which import paths must be.
    #[error("the name of {} is not UTF-8", .0.display())]
    FileName(PathBuf),
    /// A file or folder could not be read or written.
    #[error("cannot access {}", .0.display())]
    Io(PathBuf),
    /// The `.proto` files do not compile.
    #[error("the .proto files do not compile")]
    Compile,
    /// The generator could not read the compiler's descriptor set.
    #[error("the descriptor set cannot be decoded")]
    Descriptors,
    /// The generator refused the descriptors.
    #[error("code generation failed")]
    Generate,
    /// The generator gave warnings, which would otherwise go unread.
    #[error("code generation gave warnings:\n{}", .0.join("\n"))]
    Warnings(Vec<String>),
    /// Rules of protovalidate that no message can meet: for another type of field, with a pattern that is none, or with
    /// an expression that cannot be compiled to Rust. Nobody would notice before a message is validated.
    #[error("rules that can never be met:\n{}", .0.join("\n"))]
    Rules(Vec<String>),
}

impl CodegenError {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &CodegenErrorKind {
        &self.kind
    }

    pub(crate) fn new(kind: CodegenErrorKind) -> Self {
        Self { kind, source: None }
    }

    pub(crate) fn because(
        kind: CodegenErrorKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, source: Some(source.into()) }
    }
}
