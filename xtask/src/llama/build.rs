//! The server and its model, built once.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::process::Cmd;

/// The package that contains all of llama.cpp; pinned, so that what was proven can be proven again.
const PACKAGE: &str = "llama-cpp-python";
const VERSION: &str = "0.3.36";

/// What builds the server and makes the model.
const TOOLS: [&str; 3] = ["cmake", "ninja", "gguf"];

/// A server and no more: no tests, no page, nothing that is fetched while it is built, no code for this machine alone.
const FLAGS: [&str; 11] = [
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DGGML_NATIVE=OFF",
    "-DGGML_OPENMP=OFF",
    "-DGGML_LLAMAFILE=OFF",
];

/// Qwen's own, as llama.cpp ships it.
const TEMPLATE: &str = "models/templates/Qwen-Qwen3-0.6B.jinja";

/// What was built.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) server: PathBuf,
    pub(super) model: PathBuf,
}

/// Builds what is not there yet.
pub(super) fn all(root: &Path, folder: &Path, jobs: u32) -> anyhow::Result<Built> {
    std::fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    let venv = folder.join("venv").join("bin");
    if !TOOLS[..2].iter().all(|tool| venv.join(tool).exists()) {
        step(&Cmd::new("python3", ["-m", "venv", "venv"]), folder)?;
        step(&Cmd::new(text(&venv.join("pip")), ["install", "--quiet"]).args(TOOLS), folder)?;
    }
    let sources = folder.join(format!("llama_cpp_python-{VERSION}"));
    let llama = sources.join("vendor").join("llama.cpp");
    if !llama.exists() {
        fetch(&venv, folder)?;
    }
    let server = folder.join("build").join("bin").join("llama-server");
    if !server.exists() {
        compile(&venv, &llama, folder, jobs)?;
    }
    // Made anew each time: it takes a second, and the script may have changed.
    let model = folder.join("model.gguf");
    let make = Cmd::new(text(&venv.join("python")), [text(&root.join("xtask/llama/make_gguf.py"))]);
    let make = make.args(["--template".to_owned(), text(&llama.join(TEMPLATE))]);
    step(&make.args(["--out".to_owned(), text(&model)]), folder)?;
    Ok(Built { server, model })
}

/// The sources, from PyPI. Of this package alone, because its own tools need not be built from source too.
fn fetch(venv: &Path, folder: &Path) -> anyhow::Result<()> {
    let download =
        Cmd::new(text(&venv.join("pip")), ["download", "--quiet", "--no-deps", "--no-binary", PACKAGE]);
    step(&download.args([format!("{PACKAGE}=={VERSION}")]), folder)?;
    let archive = format!("llama_cpp_python-{VERSION}.tar.gz");
    step(
        &Cmd::new(text(&venv.join("python")), ["-m", "tarfile", "-e"]).args([archive, ".".to_owned()]),
        folder,
    )
}

/// Politely: it takes long, and whoever starts it does something else meanwhile.
fn compile(venv: &Path, llama: &Path, folder: &Path, jobs: u32) -> anyhow::Result<()> {
    let ninja = text(&venv.join("ninja"));
    let configure = Cmd::new("nice", ["-n", "19"]).args([text(&venv.join("cmake"))]);
    let configure = configure.args(["-S".to_owned(), text(llama)]).args(["-B", "build", "-G", "Ninja"]);
    step(&configure.args([format!("-DCMAKE_MAKE_PROGRAM={ninja}")]).args(FLAGS), folder)?;
    let build = Cmd::new("nice", ["-n", "19"]).args([ninja]).args(["-C", "build", "llama-server"]);
    step(&build.args([format!("-j{jobs}")]), folder)
}

fn step(command: &Cmd, folder: &Path) -> anyhow::Result<()> {
    println!("{command}");
    anyhow::ensure!(command.status(folder)?.success(), "`{command}` failed");
    Ok(())
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
