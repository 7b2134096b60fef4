//! Who takes part, and who wants which subjects.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use super::member::Member;
use super::metrics::ParticipantMetrics;
use super::name::ParticipantId;
use super::subject::{Pattern, Subject};
use super::tree::SubjectTree;

#[derive(Default)]
pub(super) struct Registry {
    // Only looked up; whatever walks it sorts.
    members: HashMap<ParticipantId, Arc<Member>>,
    subscribers: SubjectTree<Arc<Member>>,
}

impl Registry {
    pub(super) fn get(&self, id: &str) -> Option<&Arc<Member>> {
        self.members.get(id)
    }

    /// Adds a member, and says whether its id was free.
    pub(super) fn insert(&mut self, member: &Arc<Member>) -> bool {
        if self.members.contains_key(&member.id) {
            return false;
        }
        self.members.insert(member.id.clone(), Arc::clone(member));
        true
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Arc<Member>> {
        let member = self.members.remove(id)?;
        for pattern in member.patterns() {
            self.unsubscribe(&member, &pattern);
        }
        Some(member)
    }

    pub(super) fn subscribe(&mut self, member: &Arc<Member>, pattern: &Pattern) {
        self.subscribers.insert(pattern, Arc::clone(member));
    }

    pub(super) fn unsubscribe(&mut self, member: &Arc<Member>, pattern: &Pattern) {
        self.subscribers.remove(pattern, |filed| Arc::ptr_eq(filed, member));
    }

    /// Who wants `subject`, each once.
    pub(super) fn subscribers(&self, subject: &Subject) -> Vec<Arc<Member>> {
        let mut found = Vec::new();
        self.subscribers.find(subject, |member| found.push(Arc::clone(member)));
        found.sort_by(|left, right| left.id.cmp(&right.id));
        found.dedup_by(|left, right| Arc::ptr_eq(left, right));
        found
    }

    /// Everybody, in the order of the ids.
    pub(super) fn everyone(&self) -> Vec<Arc<Member>> {
        let mut found: Vec<Arc<Member>> = self.members.values().cloned().collect();
        found.sort_by(|left, right| left.id.cmp(&right.id));
        found
    }

    pub(super) fn metrics(&self) -> BTreeMap<ParticipantId, ParticipantMetrics> {
        self.members.iter().map(|(id, member)| (id.clone(), member.metrics())).collect()
    }

    /// Takes everybody out.
    pub(super) fn clear(&mut self) -> Vec<Arc<Member>> {
        let everyone = self.everyone();
        *self = Self::default();
        everyone
    }
}
