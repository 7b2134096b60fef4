//! Whom the command line trusts behind `https://`, and as whom it calls.

use std::path::Path;

use tau_client::{InvalidTls, Tls};

use crate::args::ServerArgs;
use crate::exit::UsageError;
use crate::serve::read_pem;

/// What the flags say. They mean nothing to a server that is not behind TLS, and whoever gives them counts on it.
pub(super) fn tls(url: &str, args: &ServerArgs) -> Result<Tls, UsageError> {
    let given = [("--ca-file", &args.ca_file), ("--cert", &args.cert)];
    if let Some((flag, _)) = given.iter().find(|(_, file)| file.is_some() && !is_https(url)) {
        let help = "name the server as https://HOST:PORT, or leave it out";
        return Err(UsageError::new(format!("{flag} is for servers behind https://"), help));
    }
    let mut tls = Tls::default();
    if let Some(file) = &args.ca_file {
        let roots = read_pem("--ca-file", file)?;
        tls = tls.with_roots(&roots).map_err(|error| refused("--ca-file", file, error))?;
    }
    if let (Some(cert), Some(key)) = (&args.cert, &args.key) {
        let (chain, secret) = (read_pem("--cert", cert)?, read_pem("--key", key)?);
        tls = tls.with_identity(&chain, &secret).map_err(|error| match error {
            InvalidTls::Key => refused("--key", key, error),
            _ => refused("--cert", cert, error),
        })?;
    }
    Ok(tls)
}

fn is_https(url: &str) -> bool {
    url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}

fn refused(flag: &str, file: &Path, error: InvalidTls) -> UsageError {
    UsageError::new(format!("{flag} {}: {error}", file.display()), "give files as PEM that belong together")
}
