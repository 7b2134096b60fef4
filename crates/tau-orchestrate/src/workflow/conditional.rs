//! One of several handlers, chosen by looking at the state.

mod builder;
mod error;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::scope::Scope;
use crate::observe::EventKind;

pub use builder::ConditionalBuilder;
pub use error::{ConditionalBuildError, ConditionalBuildErrorKind, ConditionalError, ConditionalErrorKind};

/// The name events and errors give the default route. No other route can have it.
pub const DEFAULT_ROUTE: &str = "default";

type Handler<S, T, E> = Box<dyn Fn(S) -> BoxFuture<'static, Result<T, E>> + Send + Sync>;
type Predicate<S> = Box<dyn Fn(&S) -> bool + Send + Sync>;
type KeyFn<S> = Box<dyn Fn(&S) -> Cow<'static, str> + Send + Sync>;

struct Route<S, T, E> {
    name: Arc<str>,
    handler: Handler<S, T, E>,
    /// What takes the route; without one, a key equal to its name does.
    predicate: Option<Predicate<S>>,
}

/// A switch: exactly one of several named handlers takes the state, or none and the state comes back in an error.
///
/// How a route is chosen, the same for the same state every time:
///
/// 1. The routes with a predicate, in the order they were added: the first whose predicate holds is taken.
/// 2. If there is a key function, the route without a predicate whose name is the key, byte for byte. A key a model
///    wrote should be trimmed and lower-cased by the key function.
/// 3. The default route, if there is one.
///
/// Cancelling drops the running handler where it waits. A panic in a predicate, in the key function or in a handler
/// reaches the caller. To let a model choose, ask it first (in the step of a [`Chain`](super::Chain), say), put its
/// answer into the state, and read it there in the key function.
pub struct Conditional<S, T, E> {
    scope: Scope,
    routes: Vec<Route<S, T, E>>,
    key: Option<KeyFn<S>>,
    default: Option<Route<S, T, E>>,
}

impl<S, T, E> Conditional<S, T, E> {
    /// Begins a conditional without routes, observed by nobody.
    pub fn builder(name: impl Into<Arc<str>>) -> ConditionalBuilder<S, T, E> {
        ConditionalBuilder::new(name.into())
    }

    /// The names of the routes in the order they were added, without the default route.
    pub fn routes(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().map(|route| &*route.name)
    }

    /// Chooses a route for `state` and runs its handler.
    ///
    /// # Errors
    ///
    /// [`ConditionalErrorKind::UnknownRoute`] if the key names no route and [`ConditionalErrorKind::NoRoute`] if no
    /// predicate holds and there is no key, both only without a default route;
    /// [`ConditionalErrorKind::HandlerFailed`] with the error of the handler; [`ConditionalErrorKind::Cancelled`] if
    /// the token fired, also when the handler noticed the token itself and failed on it.
    pub async fn run(&self, state: S) -> Result<T, ConditionalError<S, E>>
    where
        E: fmt::Display,
    {
        let workflow = &self.scope.workflow;
        self.scope.emit(EventKind::WorkflowStarted, |_| {});
        if self.scope.cancellation.is_cancelled() {
            self.scope.emit(EventKind::WorkflowCancelled, |_| {});
            return Err(ConditionalError::cancelled(workflow, None, Some(state)));
        }
        let route = match self.select(&state) {
            Ok(route) => route,
            Err(key) => {
                let known = self.routes.iter().map(|route| Arc::clone(&route.name)).collect();
                let error = ConditionalError::unroutable(workflow, key, known, state);
                self.scope.emit(EventKind::WorkflowFailed, |event| {
                    event.message = Some(error.reason().to_string().into());
                });
                return Err(error);
            }
        };
        let emit = |kind, error: Option<&E>| {
            self.scope.emit(kind, |event| {
                event.route = Some(Arc::clone(&route.name));
                event.message = error.map(|error| error.to_string().into());
            });
        };
        emit(EventKind::RouteSelected, None);
        match self.scope.cancellation.run_until_cancelled((route.handler)(state)).await {
            Some(Ok(value)) => {
                emit(EventKind::WorkflowCompleted, None);
                Ok(value)
            }
            Some(Err(source)) if self.scope.cancellation.is_cancelled() => {
                emit(EventKind::WorkflowCancelled, Some(&source));
                Err(ConditionalError::cancelled(workflow, Some(&route.name), None).with_source(source))
            }
            Some(Err(source)) => {
                emit(EventKind::WorkflowFailed, Some(&source));
                Err(ConditionalError::handler_failed(workflow, &route.name).with_source(source))
            }
            None => {
                emit(EventKind::WorkflowCancelled, None);
                Err(ConditionalError::cancelled(workflow, Some(&route.name), None))
            }
        }
    }

    /// The route for `state`, or the key that leads nowhere if there is a key function.
    fn select(&self, state: &S) -> Result<&Route<S, T, E>, Option<Cow<'static, str>>> {
        let holds = |route: &&Route<S, T, E>| route.predicate.as_ref().is_some_and(|holds| holds(state));
        if let Some(route) = self.routes.iter().find(holds) {
            return Ok(route);
        }
        let key = self.key.as_ref().map(|key| key(state));
        let named =
            |route: &&Route<S, T, E>| route.predicate.is_none() && Some(&*route.name) == key.as_deref();
        self.routes.iter().find(named).or(self.default.as_ref()).ok_or(key)
    }
}

impl<S, T, E> fmt::Debug for Conditional<S, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conditional")
            .field("scope", &self.scope)
            .field("routes", &self.routes().collect::<Vec<_>>())
            .field("key", &self.key.is_some())
            .field("default", &self.default.is_some())
            .finish()
    }
}
