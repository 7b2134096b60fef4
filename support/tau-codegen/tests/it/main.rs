//! Tests of the code generator.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, outside of #[test] functions")]

mod freshness;
mod generate;
mod interface;
mod services;

/// Writes `.proto` files into a new folder.
fn proto_folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}
