//! What the kinds of declared nodes do.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::spec::NodeSpec;
use crate::graph::context::Context;
use crate::graph::node::{Answer, BoxError, FunctionNode, Node, Question};
use crate::state::Update;

type Make = Arc<dyn Fn(&NodeSpec) -> Result<Box<dyn Node>, BoxError> + Send + Sync>;

/// Kinds of nodes by name: prompting an agent, running a tool, whatever a program has. `human` and `graph` are always there.
#[derive(Clone, Default)]
pub struct Kinds {
    kinds: BTreeMap<String, Make>,
}

impl Kinds {
    /// No kinds but those that are always there.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a kind, in place of the one of that name. `make` looks at what the node [is given](NodeSpec::with) once, when the graph is
    /// built, and returns the node, mostly by [`NodeSpec::function`].
    #[must_use]
    pub fn with(
        mut self,
        name: impl Into<String>,
        make: impl Fn(&NodeSpec) -> Result<Box<dyn Node>, BoxError> + Send + Sync + 'static,
    ) -> Self {
        self.kinds.insert(name.into(), Arc::new(make));
        self
    }

    pub(super) fn get(&self, name: &str) -> Option<&Make> {
        self.kinds.get(name)
    }

    /// The names in order, those that are always there first.
    pub(super) fn names(&self) -> String {
        let own = self.kinds.keys().map(String::as_str);
        ["human", "graph"].into_iter().chain(own).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.kinds.keys()).finish()
    }
}

impl NodeSpec {
    /// A node that runs a function, and writes what it returns under the key that this declaration says.
    #[must_use]
    pub fn function<F, Fut>(&self, run: F) -> Box<dyn Node>
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Value, BoxError>> + Send + 'static,
    {
        let writes = self.writes.clone();
        Box::new(FunctionNode::new(move |context| {
            let (returned, writes) = (run(context), writes.clone());
            async move { Ok(written(writes, returned.await?)) }
        }))
    }

    /// A node that asks what it is given, and writes the answer.
    pub(super) fn human(&self) -> Box<dyn Node> {
        let (payload, writes) = (self.with.clone(), self.writes.clone());
        let ask = move |_: Context| std::future::ready(Ok::<_, BoxError>(Question::new(payload.clone())));
        let answer = move |_: Context, answer: Answer| {
            std::future::ready(Ok::<_, BoxError>(written(writes.clone(), answer.value)))
        };
        Box::new(FunctionNode::new(ask).with_answer(answer))
    }
}

fn written(key: Option<String>, value: Value) -> Update {
    key.map_or_else(Update::new, |key| Update::new().and_json(key, value))
}
