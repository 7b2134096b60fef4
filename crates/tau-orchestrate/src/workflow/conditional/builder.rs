//! Putting a conditional together.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::error::{ConditionalBuildError, ConditionalBuildErrorKind};
use super::{Conditional, DEFAULT_ROUTE, Handler, KeyFn, Route};
use crate::observe::{Observer, Pattern};
use crate::workflow::scope::Scope;

/// Builds a [`Conditional`]; made by [`Conditional::builder`].
#[must_use = "a builder does nothing until it is built"]
pub struct ConditionalBuilder<S, T, E> {
    scope: Scope,
    routes: Vec<Route<S, T, E>>,
    key: Option<KeyFn<S>>,
    default: Option<Route<S, T, E>>,
}

fn boxed<S, T, E, F, Fut>(handler: F) -> Handler<S, T, E>
where
    F: Fn(S) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
{
    Box::new(move |state| Box::pin(handler(state)))
}

impl<S, T, E> ConditionalBuilder<S, T, E> {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self { scope: Scope::new(Pattern::Conditional, name), routes: Vec::new(), key: None, default: None }
    }

    /// Sets the function that reads the name of the route from the state, in place of the one before.
    pub fn key<K: Into<Cow<'static, str>>>(mut self, key: impl Fn(&S) -> K + Send + Sync + 'static) -> Self {
        self.key = Some(Box::new(move |state| key(state).into()));
        self
    }

    /// Adds a route taken when the key is `name`.
    pub fn route<F, Fut>(mut self, name: impl Into<Arc<str>>, handler: F) -> Self
    where
        F: Fn(S) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.routes.push(Route { name: name.into(), handler: boxed(handler), predicate: None });
        self
    }

    /// Adds a route taken when `predicate` holds and no predicate added before it does.
    pub fn route_when<F, Fut>(
        mut self,
        name: impl Into<Arc<str>>,
        predicate: impl Fn(&S) -> bool + Send + Sync + 'static,
        handler: F,
    ) -> Self
    where
        F: Fn(S) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let predicate = Some(Box::new(predicate) as _);
        self.routes.push(Route { name: name.into(), handler: boxed(handler), predicate });
        self
    }

    /// Sets the route taken when no other is, in place of the one before. Its name is [`DEFAULT_ROUTE`].
    pub fn default_route<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(S) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.default = Some(Route { name: DEFAULT_ROUTE.into(), handler: boxed(handler), predicate: None });
        self
    }

    /// Reports progress to `observer`, in place of the one before.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.scope.observer = Arc::new(observer);
        self
    }

    /// Stops every run when `token` is cancelled, in place of the token before.
    pub fn cancellation(mut self, token: CancellationToken) -> Self {
        self.scope.cancellation = token;
        self
    }

    /// Checks the routes and finishes the conditional.
    ///
    /// # Errors
    ///
    /// [`ConditionalBuildErrorKind::NoRoutes`] without any route but perhaps the default,
    /// [`ConditionalBuildErrorKind::DuplicateRoute`] if two routes have one name or one has that of the default route,
    /// [`ConditionalBuildErrorKind::UnreachableRoute`] if a route waits for a key and there is no key function.
    pub fn build(self) -> Result<Conditional<S, T, E>, ConditionalBuildError> {
        let Self { scope, routes, key, default } = self;
        let fail = |kind, route| Err(ConditionalBuildError::new(kind, &scope.workflow, route));
        if routes.is_empty() {
            return fail(ConditionalBuildErrorKind::NoRoutes, None);
        }
        let mut names = BTreeSet::from([DEFAULT_ROUTE]);
        for route in &routes {
            if !names.insert(&route.name) {
                return fail(ConditionalBuildErrorKind::DuplicateRoute, Some(&route.name));
            }
            if route.predicate.is_none() && key.is_none() {
                return fail(ConditionalBuildErrorKind::UnreachableRoute, Some(&route.name));
            }
        }
        Ok(Conditional { scope, routes, key, default })
    }
}

impl<S, T, E> fmt::Debug for ConditionalBuilder<S, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConditionalBuilder")
            .field("scope", &self.scope)
            .field("routes", &self.routes.iter().map(|route| &route.name).collect::<Vec<_>>())
            .field("key", &self.key.is_some())
            .field("default", &self.default.is_some())
            .finish()
    }
}
