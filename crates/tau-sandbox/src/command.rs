//! What is to be run in a sandbox.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// A program to run in a sandbox, with its arguments, variables, folder and streams.
///
/// Streams are `/dev/null` unless they are given. Variables pass the policy's
/// [`EnvironmentRules`](crate::policy::EnvironmentRules); none of this process's own does.
#[derive(Debug)]
#[must_use]
pub struct Command {
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: BTreeMap<OsString, OsString>,
    pub(crate) directory: PathBuf,
    #[cfg(unix)]
    pub(crate) streams: [Option<std::os::fd::OwnedFd>; 3],
}

impl Command {
    /// A program to run in the root folder: a path, or a name that is looked up in the command's own `PATH`.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            arguments: vec![program.into()],
            environment: BTreeMap::new(),
            directory: PathBuf::from("/"),
            #[cfg(unix)]
            streams: [None, None, None],
        }
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Adds variables, as far as the policy lets them pass.
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let owned = |(name, value): (N, V)| (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.environment.extend(variables.into_iter().map(owned));
        self
    }

    /// The folder to run in, as it is called inside.
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        folder.as_ref().clone_into(&mut self.directory);
        self
    }

    /// Where the program reads.
    #[cfg(unix)]
    pub fn stdin(mut self, stream: impl Into<std::os::fd::OwnedFd>) -> Self {
        self.streams[0] = Some(stream.into());
        self
    }

    /// Where the program writes.
    #[cfg(unix)]
    pub fn stdout(mut self, stream: impl Into<std::os::fd::OwnedFd>) -> Self {
        self.streams[1] = Some(stream.into());
        self
    }

    /// Where the program writes what went wrong.
    #[cfg(unix)]
    pub fn stderr(mut self, stream: impl Into<std::os::fd::OwnedFd>) -> Self {
        self.streams[2] = Some(stream.into());
        self
    }
}
