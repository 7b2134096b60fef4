//! TLS as the arguments say.

use std::error::Error;
use std::path::Path;

use tau_core::Secret;
use tau_runtime::server::http::{Tls, TlsClients, TlsErrorKind};

use crate::args::TlsArgs;
use crate::exit::UsageError;

/// TLS, where it is asked for.
pub(crate) fn tls(args: &TlsArgs) -> Result<Option<Tls>, UsageError> {
    let (Some(certificate), Some(key)) = (&args.cert, &args.key) else { return Ok(None) };
    let chain = read_pem("--tls-cert", certificate)?;
    let secret = Secret::new(String::from_utf8(read_pem("--tls-key", key)?).unwrap_or_default());
    let authorities = args.client_ca.as_deref().map(|file| read_pem("--tls-client-ca", file)).transpose()?;
    let clients = authorities.as_deref().map_or(TlsClients::Any, TlsClients::SignedBy);
    let tls = Tls::new(&chain, &secret, clients).map_err(|error| {
        let (option, file) = match error.kind() {
            TlsErrorKind::Key => ("--tls-key", Some(key)),
            TlsErrorKind::Authorities => ("--tls-client-ca", args.client_ca.as_ref()),
            _ => ("--tls-cert", Some(certificate)),
        };
        let file = file.map(|file| file.display().to_string()).unwrap_or_default();
        let why = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        UsageError::new(format!("{option} {file}: {error}{why}"), "give files as PEM that belong together")
    })?;
    Ok(Some(tls))
}

/// The bytes of a file that an option names.
pub(crate) fn read_pem(option: &str, file: &Path) -> Result<Vec<u8>, UsageError> {
    std::fs::read(file).map_err(|error| {
        UsageError::new(format!("{option} {}: {error}", file.display()), "name a file that can be read")
    })
}
