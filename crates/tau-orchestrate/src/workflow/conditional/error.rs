//! Why a conditional could not be built, or did not return a value.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The most characters of an unknown key that are displayed and compared. Keys are often written by a model.
const KEY_SHOWN: usize = 80;

/// What is wrong with the routes of a conditional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConditionalBuildErrorKind {
    /// There is no route but perhaps the default.
    NoRoutes,
    /// Two routes have one name, or one has the name kept for the default route.
    DuplicateRoute,
    /// A route is taken by its key, and there is no key function.
    UnreachableRoute,
}

/// A conditional whose routes make no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionalBuildError {
    kind: ConditionalBuildErrorKind,
    workflow: Arc<str>,
    route: Option<Arc<str>>,
}

impl ConditionalBuildError {
    pub(super) fn new(
        kind: ConditionalBuildErrorKind,
        workflow: &Arc<str>,
        route: Option<&Arc<str>>,
    ) -> Self {
        Self { kind, workflow: Arc::clone(workflow), route: route.map(Arc::clone) }
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> ConditionalBuildErrorKind {
        self.kind
    }

    /// The name of the route it is about, if it is about one.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }
}

impl fmt::Display for ConditionalBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route = self.route().unwrap_or_default();
        write!(f, "conditional `{}`: ", self.workflow)?;
        match self.kind {
            ConditionalBuildErrorKind::NoRoutes => f.write_str("no routes"),
            ConditionalBuildErrorKind::DuplicateRoute => write!(f, "the name `{route}` is taken already"),
            ConditionalBuildErrorKind::UnreachableRoute => {
                write!(
                    f,
                    "nothing leads to route `{route}`: it has no predicate, and there is no key function"
                )
            }
        }
    }
}

impl Error for ConditionalBuildError {}

/// What kind of thing ended a conditional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConditionalErrorKind {
    /// The key names no route, and there is no default.
    UnknownRoute,
    /// No predicate holds, and there is neither a key function nor a default.
    NoRoute,
    /// The handler returned an error, which is the source of this one.
    HandlerFailed,
    /// The cancellation token fired. There is a source only if the handler returned an error by then.
    Cancelled,
}

/// A conditional that returned no value.
///
/// Neither `Debug` nor `Display` shows the state: it may hold what must not be logged.
pub struct ConditionalError<S, E> {
    inner: Box<Inner<S, E>>,
}

struct Inner<S, E> {
    kind: ConditionalErrorKind,
    workflow: Arc<str>,
    /// The route taken, or the key that leads nowhere.
    route: Option<Cow<'static, str>>,
    known: Vec<Arc<str>>,
    suggestion: Option<Arc<str>>,
    state: Option<S>,
    source: Option<E>,
}

impl<S, E> ConditionalError<S, E> {
    fn new(kind: ConditionalErrorKind, workflow: &Arc<str>, route: Option<Cow<'static, str>>) -> Self {
        let workflow = Arc::clone(workflow);
        let inner =
            Inner { kind, workflow, route, known: Vec::new(), suggestion: None, state: None, source: None };
        Self { inner: Box::new(inner) }
    }

    pub(super) fn unroutable(
        workflow: &Arc<str>,
        key: Option<Cow<'static, str>>,
        known: Vec<Arc<str>>,
        state: S,
    ) -> Self {
        let kind =
            if key.is_some() { ConditionalErrorKind::UnknownRoute } else { ConditionalErrorKind::NoRoute };
        let mut error = Self::new(kind, workflow, key);
        error.inner.suggestion = error.inner.route.as_deref().and_then(|key| closest(key, &known));
        error.inner.known = known;
        error.inner.state = Some(state);
        error
    }

    pub(super) fn cancelled(workflow: &Arc<str>, route: Option<&Arc<str>>, state: Option<S>) -> Self {
        let route = route.map(|route| Cow::Owned(route.to_string()));
        let mut error = Self::new(ConditionalErrorKind::Cancelled, workflow, route);
        error.inner.state = state;
        error
    }

    pub(super) fn handler_failed(workflow: &Arc<str>, route: &Arc<str>) -> Self {
        Self::new(ConditionalErrorKind::HandlerFailed, workflow, Some(Cow::Owned(route.to_string())))
    }

    pub(super) fn with_source(mut self, source: E) -> Self {
        self.inner.source = Some(source);
        self
    }

    /// What kind of thing ended the conditional.
    #[must_use]
    pub fn kind(&self) -> ConditionalErrorKind {
        self.inner.kind
    }

    /// The route that was taken; of an unknown route the whole key. None if no route was chosen by name.
    #[must_use]
    pub fn route(&self) -> Option<&str> {
        self.inner.route.as_deref()
    }

    /// The names of all routes in the order they were added, if none was found; else empty.
    #[must_use]
    pub fn known_routes(&self) -> &[Arc<str>] {
        &self.inner.known
    }

    /// The known route the unknown key was probably meant to be, if one is close: alike but for case and surrounding
    /// white space, or a few typing errors away.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        self.inner.suggestion.as_deref()
    }

    /// The error of the handler, if it failed.
    #[must_use]
    pub fn handler_error(&self) -> Option<&E> {
        self.inner.source.as_ref()
    }

    /// The error of the handler, by value, if it failed.
    #[must_use]
    pub fn into_handler_error(self) -> Option<E> {
        self.inner.source
    }

    /// The state, if no handler took it.
    #[must_use]
    pub fn into_state(self) -> Option<S> {
        self.inner.state
    }

    /// What `Display` says after the name of the workflow.
    pub(super) fn reason(&self) -> Reason<'_, S, E> {
        Reason(&self.inner)
    }
}

/// The known name closest to `key`: at most one typing error for every three characters.
fn closest(key: &str, known: &[Arc<str>]) -> Option<Arc<str>> {
    let shown: String = key.trim().chars().take(KEY_SHOWN).collect();
    let wanted = shown.to_lowercase();
    known
        .iter()
        .map(|name| (strsim::osa_distance(&wanted, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= name.chars().count() / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| Arc::clone(name))
}

pub(super) struct Reason<'a, S, E>(&'a Inner<S, E>);

impl<S, E> fmt::Display for Reason<'_, S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, route, known, suggestion, .. } = self.0;
        let route = route.as_deref().unwrap_or_default();
        match kind {
            ConditionalErrorKind::UnknownRoute => {
                let shown: String = route.chars().take(KEY_SHOWN).collect();
                let more = if shown.len() < route.len() { "…" } else { "" };
                write!(f, "unknown route {shown:?}{more}")?;
            }
            ConditionalErrorKind::NoRoute => f.write_str("no predicate holds")?,
            ConditionalErrorKind::HandlerFailed => return write!(f, "handler of route `{route}` failed"),
            ConditionalErrorKind::Cancelled if route.is_empty() => return f.write_str("cancelled"),
            ConditionalErrorKind::Cancelled => return write!(f, "cancelled in route `{route}`"),
        }
        if let Some(suggestion) = suggestion {
            write!(f, ", did you mean `{suggestion}`?")?;
        }
        write!(f, "; known routes: {}", known.join(", "))
    }
}

impl<S, E> fmt::Display for ConditionalError<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "conditional `{}`: {}", self.inner.workflow, self.reason())
    }
}

impl<S, E: fmt::Debug> fmt::Debug for ConditionalError<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, workflow, route, known, suggestion, source, .. } = &*self.inner;
        f.debug_struct("ConditionalError")
            .field("kind", kind)
            .field("workflow", workflow)
            .field("route", route)
            .field("known", known)
            .field("suggestion", suggestion)
            .field("source", source)
            .finish_non_exhaustive()
    }
}

impl<S, E: Error + 'static> Error for ConditionalError<S, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.inner.source.as_ref().map(|source| source as _)
    }
}
