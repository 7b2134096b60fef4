//! State: keys, reducers, merge, diff, what is wrong with an update.

use serde_json::json;
use tau_orchestrate::state::{
    Change, Key, KeySpec, List, Map, ReducerKind, Schema, State, StateErrorKind, Update,
};

const TITLE: Key<String> = Key::new("title");
const NOTES: Key<List<u32>> = Key::append("notes");
const MARKS: Key<Map<u32>> = Key::merge("marks");
const BEST: Key<u32> = Key::custom("best", |one, two| *one.max(two));

fn empty() -> State {
    Schema::new([TITLE.spec(), NOTES.spec(), MARKS.spec(), BEST.spec()]).unwrap().state()
}

fn full() -> State {
    let update = TITLE.set("a".into()).and(NOTES, [1, 2].into()).and(MARKS, [("x", 1)].into()).and(BEST, 5);
    empty().apply(update).unwrap()
}

#[test]
fn each_reducer_joins_in_its_way_and_older_states_stay() {
    let first = full();
    let update =
        TITLE.set("b".into()).and(NOTES, [3].into()).and(MARKS, [("x", 2), ("y", 3)].into()).and(BEST, 4);
    let second = first.apply(update).unwrap();
    let shown = |state: &State| serde_json::to_value(state).unwrap();
    assert_eq!(shown(&first), json!({"title": "a", "notes": [1, 2], "marks": {"x": 1}, "best": 5}));
    assert_eq!(
        shown(&second),
        json!({"title": "b", "notes": [1, 2, 3], "marks": {"x": 2, "y": 3}, "best": 5})
    );
}

#[test]
fn a_difference_names_only_what_changed() {
    let first = full();
    let second = first.apply(NOTES.set([3].into()).and(TITLE, "a".into())).unwrap();
    let changes = first.diff(&second).unwrap();
    let expected = [("notes", Some(json!([1, 2])), Some(json!([1, 2, 3])))];
    assert_eq!(as_tuples(&changes), expected);
    assert_eq!(second.diff(&second).unwrap(), []);
    let from_nothing = empty().diff(&first).unwrap();
    assert_eq!(
        from_nothing.iter().map(|change| change.key.as_str()).collect::<Vec<_>>(),
        ["best", "marks", "notes", "title"]
    );
    assert!(from_nothing.iter().all(|change| change.before.is_none()));
}

fn as_tuples(changes: &[Change]) -> Vec<(&str, Option<serde_json::Value>, Option<serde_json::Value>)> {
    changes.iter().map(|change| (change.key.as_str(), change.before.clone(), change.after.clone())).collect()
}

#[test]
fn merging_joins_every_value_by_its_reducer() {
    let other = empty().apply(NOTES.set([9].into()).and(BEST, 7)).unwrap();
    let merged = full().merge(&other).unwrap();
    let expected = json!({"title": "a", "notes": [1, 2, 9], "marks": {"x": 1}, "best": 7});
    assert_eq!(serde_json::to_value(&merged).unwrap(), expected);
    let stranger = Schema::new([KeySpec::json("other", ReducerKind::Replace)]).unwrap().state();
    let stranger = stranger.apply(Update::new().and_json("other", json!(1))).unwrap();
    assert_eq!(full().merge(&stranger).unwrap_err().kind(), StateErrorKind::UnknownKey);
}

#[test]
fn an_update_that_does_not_fit_names_the_key() {
    const UNKNOWN: Key<u32> = Key::new("unknown");
    const NO_TITLE: Key<u32> = Key::new("title");
    let check = |update: Update, kind: StateErrorKind, text: &str| {
        let error = full().apply(update).unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (kind, text.to_owned()));
    };
    check(
        UNKNOWN.set(1),
        StateErrorKind::UnknownKey,
        "unknown key `unknown`; declare it with the others: best, marks, notes, title",
    );
    check(
        NO_TITLE.set(1),
        StateErrorKind::WrongType,
        "the value of key `title` is of another type than declared",
    );
    check(
        Update::new().and_json("notes", json!("text")),
        StateErrorKind::Undecodable,
        "what is stored for key `notes` is not of its type",
    );
    assert_eq!(empty().require(TITLE).unwrap_err().kind(), StateErrorKind::Missing);
    assert_eq!(empty().require(NO_TITLE).unwrap_err().kind(), StateErrorKind::WrongType);
    let twice = Schema::new([TITLE.spec(), NO_TITLE.spec()]).unwrap_err();
    assert_eq!((twice.kind(), twice.key()), (StateErrorKind::DuplicateKey, "title"));
    assert!(Schema::new([TITLE.spec(), TITLE.spec()]).is_ok());
}

#[test]
fn keys_named_at_run_time_hold_json() {
    let schema = Schema::new([
        KeySpec::json("plain", ReducerKind::Replace),
        KeySpec::json("list", ReducerKind::Append),
        KeySpec::json("map", ReducerKind::Merge),
        KeySpec::json("sum", ReducerKind::Custom),
    ]);
    let mut state = schema.unwrap().state();
    for round in 1..=2 {
        let update = Update::new()
            .and_json("plain", json!({"round": round}))
            .and_json("list", json!([round]))
            .and_json("map", json!({"last": round}))
            .and_json("sum", json!(round));
        state = state.apply(update).unwrap();
    }
    let expected = json!({"plain": {"round": 2}, "list": [1, 2], "map": {"last": 2}, "sum": 3});
    assert_eq!(serde_json::to_value(&state).unwrap(), expected);
    assert_eq!(state.json("sum").unwrap(), Some(json!(3)));
}
