//! Compiled `.proto` files to Rust: messages, service stubs and validators.

use buffa_codegen::generated::compiler::CodeGeneratorRequest;
use buffa_codegen::{BytesRepr, CodeGenConfig, CodeGenWarning, GeneratedFile, MapRepr};
use connectrpc_codegen::codegen::{self, Options};
use protoc_gen_protovalidate_buffa::{emit, scan};

use crate::error::{CodegenError, CodegenErrorKind};
use crate::received::received;
use crate::rules::unmeetable;
use crate::sources::Sources;

/// Where the packages are mounted, as the stubs spell it: the package `tau.runtime.v1` is `crate::runtime::v1`, any
/// other is a module path from the crate's root.
const MOUNTS: [(&str, &str); 2] = [(".", "crate"), (".tau", "crate")];

/// A name and a text.
type File = (String, String);

/// Messages and enums. One `<package>.mod.rs` per package includes the other files of the package.
pub(crate) fn messages(sources: &Sources) -> Result<Vec<File>, CodegenError> {
    let (files, warnings) =
        buffa_codegen::generate_with_diagnostics(&sources.files, &sources.inputs, &config())
            .map_err(generate)?;
    let warnings: Vec<String> = warnings
        .iter()
        // A field called `view`, the usual name, lacks a shortcut on the owned view. The view itself has it.
        .filter(|warning| !matches!(warning, CodeGenWarning::OwnedViewAccessorSuppressed { .. }))
        .map(ToString::to_string)
        .collect();
    if !warnings.is_empty() {
        return Err(CodegenError::new(CodegenErrorKind::Warnings(warnings)));
    }
    Ok(files.into_iter().map(named).collect())
}

/// The traits that servers implement, their registration, and clients. Named like [`messages`]: a folder of their own.
pub(crate) fn services(sources: &Sources) -> Result<Vec<File>, CodegenError> {
    let mut options = Options::default();
    options.buffa = config();
    options.buffa.extern_paths.extend(MOUNTS.map(|(package, path)| (package.into(), path.into())));
    let files = codegen::generate_services(&sources.files, &sources.inputs, &options).map_err(generate)?;
    Ok(files.into_iter().map(named).collect())
}

/// The rules of the fields as code, one `<package>.validate.rs` per package: of the messages that a server receives, which
/// is who validates.
pub(crate) fn validators(sources: &Sources) -> Result<Vec<File>, CodegenError> {
    let request = CodeGeneratorRequest {
        file_to_generate: sources.inputs.clone(),
        proto_file: sources.files.clone(),
        ..Default::default()
    };
    let mut found = scan::gather(&request).map_err(generate)?;
    let received = received(&sources.files);
    found.retain(|message| received.contains(&message.proto_name));
    let options = emit::Options { packaging: false, file_per_package: true, ..Default::default() };
    let files: Vec<File> = emit::render_with_options(&found, &options)
        .map_err(generate)?
        .into_iter()
        .map(|file| (file.name.unwrap_or_default(), file.content.unwrap_or_default()))
        .collect();

    let rules = unmeetable(&found, files.iter().map(|(_, text)| text.as_str()));
    if !rules.is_empty() {
        return Err(CodegenError::new(CodegenErrorKind::Rules(rules)));
    }
    Ok(files)
}

/// How messages look in Rust.
fn config() -> CodeGenConfig {
    let mut config = CodeGenConfig::default();
    config.gate_impls_on_crate_features = true;
    // The Connect protocol and the web console speak JSON, a journal does not.
    config.generate_json = true;
    // Borrowed views are what handlers of calls read; nobody else does, and they double the code.
    config.generate_views = true;
    config.feature_gate_names.views = "rpc".into();
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

fn named(file: GeneratedFile) -> File {
    (file.name, file.content)
}

fn generate(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> CodegenError {
    CodegenError::because(CodegenErrorKind::Generate, error)
}
