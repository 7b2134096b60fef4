//! The token that callers must send.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tau_core::Secret;

use crate::args::StoreArgs;
use crate::environment;
use crate::store::make_private;

/// The name of the file in the state folder.
const TOKEN: &str = "token";

/// Where the token is unless said otherwise; `None` where no home folder is known.
pub(crate) fn usual_token_file(args: &StoreArgs) -> Option<PathBuf> {
    let folder = args.state_dir.clone().or_else(environment::state_dir);
    folder.map(|folder| folder.join(TOKEN))
}

/// The token in a file; made, for its owner's eyes alone, where there is none.
pub(crate) fn read_or_make(path: &Path) -> io::Result<Secret> {
    match std::fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => Ok(Secret::new(text.trim())),
        Ok(_) => Err(io::Error::other("it is empty: write a token into it, or remove it")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path),
        Err(error) => Err(error),
    }
}

fn make(path: &Path) -> io::Result<Secret> {
    if let Some(folder) = path.parent() {
        // Beside the token lie sessions, or will: none of it is anybody else's business.
        make_private(folder)?;
    }
    // Two ids of random bits, 244 of them, from the system's generator.
    let text = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    Ok(Secret::new(text))
}
