//! Which sessions a selector means.

use tau_core::SessionId;
use tau_proto::runtime::v1::{self as pb, SubagentScope};
use tau_session::SessionOverview;

use super::seen;
use crate::runtime::AGENT_KEY;
use crate::server::wire::Selector;

const ID: SessionId = SessionId::from_u128(1);
const OTHER: SessionId = SessionId::from_u128(2);

fn overview(metadata: &[(&str, &str)], parent: Option<SessionId>) -> SessionOverview {
    let mut overview = SessionOverview::default();
    overview.metadata =
        metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    overview.parent = parent;
    overview
}

fn selector(ids: &[SessionId], metadata: &[(&str, &str)], agents: &[&str]) -> pb::SessionSelector {
    pb::SessionSelector {
        session_ids: ids.iter().map(SessionId::to_string).collect(),
        metadata: overview(metadata, None).metadata,
        agents: agents.iter().map(|agent| (*agent).to_owned()).collect(),
        ..Default::default()
    }
}

#[test]
fn all_conditions_must_be_met_and_no_condition_is_met_by_all() {
    let session = overview(&[("team", "platform"), ("env", "prod"), (AGENT_KEY, "reviewer")], None);
    let bare = overview(&[], None);
    let table = [
        (selector(&[], &[], &[]), true, true),
        (selector(&[ID], &[], &[]), true, true),
        (selector(&[OTHER], &[], &[]), false, false),
        (selector(&[OTHER, ID], &[], &[]), true, true),
        (selector(&[], &[("team", "platform")], &[]), true, false),
        (selector(&[], &[("team", "platform"), ("env", "prod")], &[]), true, false),
        (selector(&[], &[("team", "platform"), ("env", "test")], &[]), false, false),
        (selector(&[], &[("team", "")], &[]), false, false),
        (selector(&[], &[("owner", "me")], &[]), false, false),
        (selector(&[], &[], &["reviewer"]), true, false),
        (selector(&[], &[], &["writer", "reviewer"]), true, false),
        (selector(&[], &[], &["writer"]), false, false),
        (selector(&[ID], &[("team", "platform")], &["reviewer"]), true, false),
        (selector(&[OTHER], &[("team", "platform")], &["reviewer"]), false, false),
        (selector(&[ID], &[("team", "platform")], &["writer"]), false, false),
    ];
    for (wire, means_session, means_bare) in table {
        let selector = Selector::read(wire.clone()).unwrap();
        assert_eq!(selector.matches(ID, &session), means_session, "{wire:?}");
        assert_eq!(selector.matches(ID, &bare), means_bare, "{wire:?}");
    }
}

#[test]
fn subagents_are_meant_where_they_are_asked_for() {
    let table = [
        (SubagentScope::Unspecified, false),
        (SubagentScope::Excluded, false),
        (SubagentScope::Included, true),
    ];
    for (scope, expected) in table {
        let wire = pb::SessionSelector { subagents: scope.into(), ..Default::default() };
        let selector = Selector::read(wire).unwrap();
        assert_eq!(selector.matches(ID, &overview(&[], Some(OTHER))), expected, "{scope:?}");
        assert!(selector.matches(ID, &overview(&[], None)), "{scope:?}");
    }
}

#[test]
fn a_selector_that_means_nothing_known_is_refused() {
    let unknown = pb::SessionSelector { subagents: 9.into(), ..Default::default() };
    let error = Selector::read(unknown).unwrap_err();
    assert_eq!(seen(&error), ("invalid_request", "subagents"));
    let mut wire = selector(&[ID], &[], &[]);
    wire.session_ids.push("no id".to_owned());
    let error = Selector::read(wire).unwrap_err();
    assert_eq!(seen(&error), ("invalid_request", "session_ids[1]"));
}
