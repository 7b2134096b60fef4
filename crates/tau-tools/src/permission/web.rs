//! Rules about addresses: `WebFetch(domain:example.org)`.

use url::{Host, Url};

use super::rule::{Effect, has_stars};

/// A host that a rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostPattern {
    /// Every host.
    Any,
    Host(String),
    /// `*.example.org`: every host below it, and not itself.
    Below(String),
    /// A host with stars inside labels.
    Labels(Vec<String>),
}

impl HostPattern {
    pub(super) fn parse(text: &str, effect: Effect) -> Option<Self> {
        let text = text.trim();
        if text == "*" {
            // What allows has to name hosts.
            return (effect != Effect::Allow).then_some(Self::Any);
        }
        if !text.contains('*') {
            return host(text).map(Self::Host);
        }
        if let Some(domain) = text.strip_prefix("*.").filter(|domain| !domain.contains('*')) {
            return host(domain).map(Self::Below);
        }
        let text = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let labels: Vec<String> = text.split('.').map(str::to_owned).collect();
        let is_label = |label: &String| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'*'))
        };
        // A star for the last two labels would stand for the whole of the net.
        let is_fine = labels.len() > 2
            && labels.iter().all(is_label)
            && !labels[labels.len() - 2..].iter().any(|label| label.contains('*'));
        is_fine.then_some(Self::Labels(labels))
    }

    pub(super) fn is_about(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Host(own) => own == host,
            Self::Below(domain) => {
                host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            Self::Labels(labels) => {
                let other: Vec<&str> = host.split('.').collect();
                other.len() == labels.len()
                    && labels.iter().zip(other).all(|(own, other)| has_stars(own, other))
            }
        }
    }
}

/// The form in which hosts are compared: as browsers read them, without a dot at the end.
fn host(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_plain = !text.is_empty() && !text.contains(['/', ':', '@', '?', '#']) || text.starts_with('[');
    Host::parse(text).ok().filter(|_| is_plain).map(|host| host.to_string())
}

/// An address as far as rules look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) is_https: bool,
}

/// Reads an address as browsers do; `None` where it has no host.
pub(super) fn address(text: &str) -> Option<Address> {
    let url = Url::parse(text.trim()).ok()?;
    let name = url.host()?.to_string();
    let name = name.strip_suffix('.').unwrap_or(&name);
    Some(Address { host: name.to_owned(), is_https: url.scheme() == "https" })
        .filter(|address| !address.host.is_empty())
}
