//! What an extension takes on.

use std::collections::BTreeSet;
use std::fmt;

use tau_proto::runtime::v1::{EnvironmentCapability, JournalCapability, RequestKind};

use super::hooks::HooksProvider;
use super::offer::Offer;
use super::selector::{Selector, SessionTraits};

/// A role of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RoleKind {
    /// Stores events.
    Journal,
    /// Offers tools.
    Tools,
    /// Gives files and processes.
    Environment,
    /// Decides at points of the loop.
    Hooks,
    /// Answers for people.
    Responder,
}

impl fmt::Display for RoleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Journal => "journal",
            Self::Tools => "tools",
            Self::Environment => "environment",
            Self::Hooks => "hooks",
            Self::Responder => "responder",
        })
    }
}

/// The roles of one extension, read and checked.
#[derive(Debug, Default)]
pub(super) struct Roles {
    pub(super) journal: Option<JournalProvider>,
    pub(super) tools: Option<ToolsProvider>,
    pub(super) environment: Option<EnvironmentProvider>,
    pub(super) responder: Option<Responder>,
    pub(super) hooks: Option<HooksProvider>,
}

#[derive(Debug)]
pub(super) struct JournalProvider {
    pub(super) priority: i32,
    pub(super) capabilities: BTreeSet<i32>,
}

#[derive(Debug)]
pub(super) struct ToolsProvider {
    pub(super) priority: i32,
    pub(super) selector: Selector,
    /// In the order the model is told of them.
    pub(super) offers: Vec<Offer>,
}

#[derive(Debug)]
pub(super) struct EnvironmentProvider {
    pub(super) priority: i32,
    pub(super) selector: Selector,
    pub(super) capabilities: Vec<EnvironmentCapability>,
}

#[derive(Debug)]
#[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only the interface asks people"))]
pub(super) struct Responder {
    pub(super) selector: Selector,
    /// What it answers; everything where there is none.
    pub(super) kinds: Vec<RequestKind>,
}

/// Whom a call is for.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// Whoever offers a tool to a session.
    Tool { name: String, session: SessionTraits },
    /// A journal that can do more than store.
    Journal(JournalCapability),
    /// The environment of one extension.
    Environment(String),
    /// One responder.
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only the interface asks people"))]
    Responder(String),
    /// The hooks of one extension.
    Hook(String),
}

impl Target {
    /// Calls of one lane share a bound on how many run.
    pub(super) fn lane(&self) -> &str {
        match self {
            Self::Tool { name, .. } => name,
            Self::Journal(_) | Self::Environment(_) | Self::Responder(_) | Self::Hook(_) => "",
        }
    }

    /// Whether a client may serve it, whatever its roles.
    pub(super) fn may_be(&self, client: &str) -> bool {
        match self {
            Self::Environment(one) | Self::Responder(one) | Self::Hook(one) => one == client,
            Self::Tool { .. } | Self::Journal(_) => true,
        }
    }
}

impl Roles {
    /// Whether they serve a call, and at which priority.
    pub(super) fn serve(&self, target: &Target) -> Option<i32> {
        match target {
            Target::Tool { name, session } => {
                let tools = self.tools.as_ref().filter(|tools| tools.selector.selects(session))?;
                tools.offer(name).map(|_| tools.priority)
            }
            Target::Journal(capability) => {
                let journal = self.journal.as_ref()?;
                journal.capabilities.contains(&(*capability as i32)).then_some(journal.priority)
            }
            Target::Environment(_) => self.environment.as_ref().map(|environment| environment.priority),
            // Of these the extension is given, and every one is asked.
            Target::Responder(_) => self.responder.as_ref().map(|_| 0),
            Target::Hook(_) => self.hooks.as_ref().map(|_| 0),
        }
    }

    /// How many calls of a lane may run at the same time.
    pub(super) fn max_calls(&self, lane: &str) -> usize {
        let offer = self.tools.as_ref().and_then(|tools| tools.offer(lane));
        offer.and_then(|offer| offer.max_calls).unwrap_or(usize::MAX)
    }
}

impl ToolsProvider {
    pub(super) fn offer(&self, name: &str) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.spec.definition.name == name)
    }

    /// Takes other offers in: one of a known name stays where it stands.
    pub(super) fn change(&mut self, offered: Vec<Offer>, withdrawn: &[String]) {
        self.offers.retain(|offer| !withdrawn.contains(&offer.spec.definition.name));
        for offer in offered {
            let name = &offer.spec.definition.name;
            match self.offers.iter_mut().find(|known| known.spec.definition.name == *name) {
                Some(known) => *known = offer,
                None => self.offers.push(offer),
            }
        }
    }
}
