//! Updates of earlier runs, for nodes whose policy says so.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use tokio::time::Instant;

use super::policy::Cache;
use crate::state::Writes;
use crate::sync::lock;

/// What is remembered of all nodes of a graph, for as long as the graph lives.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<usize, OfNode>>);

#[derive(Default)]
struct OfNode {
    // Only looked up, never walked, so its order reaches nobody.
    kept: HashMap<String, (Instant, Writes)>,
    oldest_first: VecDeque<String>,
}

impl Memory {
    /// What the node wrote for that key, if it is not too old.
    pub(super) fn get(&self, node: usize, key: &str, policy: &Cache) -> Option<Writes> {
        let nodes = lock(&self.0);
        let (at, writes) = nodes.get(&node)?.kept.get(key)?;
        policy.keep.is_none_or(|keep| at.elapsed() < keep).then(|| writes.clone())
    }

    pub(super) fn put(&self, node: usize, key: String, writes: Writes, policy: &Cache) {
        let mut nodes = lock(&self.0);
        let of_node = nodes.entry(node).or_default();
        if of_node.kept.insert(key.clone(), (Instant::now(), writes)).is_some() {
            return;
        }
        of_node.oldest_first.push_back(key);
        if of_node.oldest_first.len() > policy.capacity.get()
            && let Some(oldest) = of_node.oldest_first.pop_front()
        {
            of_node.kept.remove(&oldest);
        }
    }
}
