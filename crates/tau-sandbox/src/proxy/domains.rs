//! The allow-list of domains.

use std::net::IpAddr;
use std::str::FromStr;

/// Domains that may be reached: exact (`example.com`) or all below one (`*.example.com`, which is not `example.com` itself).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains {
    exact: Vec<String>,
    below: Vec<String>,
}

/// What is no domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{entry}` is no domain: labels of letters, digits and hyphens, two at least, `*.` only at the start"
)]
#[non_exhaustive]
pub struct DomainError {
    /// The entry of the list.
    pub entry: String,
}

impl Domains {
    /// Reads a list.
    ///
    /// # Errors
    /// When an entry is no domain; addresses and single labels are none.
    pub fn new<E: AsRef<str>>(entries: impl IntoIterator<Item = E>) -> Result<Self, DomainError> {
        let mut domains = Self::default();
        for entry in entries {
            let entry = entry.as_ref();
            let error = || DomainError { entry: entry.to_owned() };
            let (list, name) = match entry.strip_prefix("*.") {
                Some(name) => (&mut domains.below, name),
                None => (&mut domains.exact, entry),
            };
            let name = normal(name).ok_or_else(error)?;
            // A list that allows `*.com` or a bare name was not meant so.
            if !name.contains('.') || ends_in_number(&name) {
                return Err(error());
            }
            list.push(name);
        }
        Ok(domains)
    }

    /// Whether a host may be reached.
    pub fn allow(&self, host: &str) -> bool {
        let Some(host) = normal(host) else { return false };
        if self.exact.contains(&host) {
            return true;
        }
        let is_below = |domain: &String| {
            host.strip_suffix(domain.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|rest| !rest.is_empty())
        };
        self.below.iter().any(is_below)
    }
}

/// A host in lower case without the final dot; nothing when it is not made of strict labels.
pub(super) fn normal(host: &str) -> Option<String> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        (1..=63).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (host.len() <= 253 && host.split('.').all(is_label)).then(|| host.to_ascii_lowercase())
}

/// Such a host is an address for the resolver, in one of the forms it knows (`127.1`, `0x7f.1`, `2130706433`).
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    IpAddr::from_str(host).is_ok() || last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit())
}
