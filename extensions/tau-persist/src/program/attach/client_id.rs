//! The name under which a server counts a store.

use std::io;
use std::path::Path;
use std::str::FromStr;

use tau_persist::Sha256Hash;

/// So long an id may be, in bytes.
const MAX: usize = 128;

/// The name under which a server counts a store.
#[derive(Debug, Clone)]
pub(in crate::program) struct ClientId(String);

impl ClientId {
    /// The one of a database on this machine: the same after every start. A hash, because paths are nobody else's business.
    pub(super) fn of(database: &Path) -> io::Result<Self> {
        let database = database.canonicalize()?;
        let machine = rustix::system::uname();
        let mut text = machine.nodename().to_bytes().to_vec();
        text.push(0);
        text.extend_from_slice(database.as_os_str().as_encoded_bytes());
        let hash = Sha256Hash::of(&text).to_string();
        Ok(Self(format!("tau-persist-{}", &hash[..16])))
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl FromStr for ClientId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if (1..=MAX).contains(&text.len()) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("an id has 1 to {MAX} bytes"))
    }
}
