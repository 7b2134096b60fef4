//! What reducers promise, over any values.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use tau_orchestrate::state::{Key, List, Map, Schema, State, Update};

const LAST: Key<u32> = Key::last("last");
const PLAIN: Key<u32> = Key::new("plain");
const LIST: Key<List<u32>> = Key::append("list");
const MAP: Key<Map<u32>> = Key::merge("map");

fn states() -> impl Strategy<Value = State> {
    let map = btree_map("[a-e]", any::<u32>(), 0..5);
    let values = (proptest::option::of(any::<u32>()), any::<u32>(), vec(any::<u32>(), 0..40), map);
    values.prop_map(|(last, plain, list, map)| {
        let schema = Schema::new([LAST.spec(), PLAIN.spec(), LIST.spec(), MAP.spec()]).unwrap();
        let mut update = PLAIN.set(plain).and(LIST, list.into()).and(MAP, map.into_iter().collect());
        if let Some(last) = last {
            update = update.and(LAST, last);
        }
        schema.state().apply(update).unwrap()
    })
}

fn json(state: &State) -> serde_json::Value {
    serde_json::to_value(state).unwrap()
}

proptest! {
    /// Updates may be joined with each other first: what `Reducer` promises for all kinds but custom ones.
    #[test]
    fn built_in_reducers_are_associative(one in states(), two in states(), three in states()) {
        let left = one.merge(&two).unwrap().merge(&three).unwrap();
        let right = one.merge(&two.merge(&three).unwrap()).unwrap();
        prop_assert_eq!(json(&left), json(&right));
    }

    #[test]
    fn a_state_without_values_changes_nothing(state in states()) {
        let empty = state.schema().state();
        prop_assert_eq!(json(&state.merge(&empty).unwrap()), json(&state));
        prop_assert_eq!(json(&empty.merge(&state).unwrap()), json(&state));
    }

    /// A difference says all that is different, and nothing else.
    #[test]
    fn a_difference_leads_from_one_to_the_other(one in states(), two in states()) {
        let mut patched = json(&one);
        for change in one.diff(&two).unwrap() {
            prop_assert_ne!(&change.before, &change.after);
            match change.after {
                Some(after) => patched[change.key] = after,
                None => drop(patched.as_object_mut().unwrap().remove(&change.key)),
            }
        }
        prop_assert_eq!(patched, json(&two));
    }

    #[test]
    fn lists_grow_like_vectors(parts in vec(vec(any::<u32>(), 0..50), 0..20)) {
        let schema = Schema::new([LIST.spec()]).unwrap();
        let (mut state, mut plain) = (schema.state(), Vec::<u32>::new());
        for part in parts {
            let before = state.clone();
            plain.extend(&part);
            state = state.apply(LIST.set(part.clone().into())).unwrap();
            let shared = before.get(LIST).map_or(0, List::len);
            prop_assert_eq!(shared + part.len(), plain.len());
        }
        let items: Vec<u32> = state.get(LIST).into_iter().flat_map(List::iter).copied().collect();
        prop_assert_eq!(items, plain);
    }

    #[test]
    fn an_update_is_applied_in_its_order(values in vec(any::<u32>(), 1..9)) {
        let schema = Schema::new([LAST.spec(), LIST.spec()]).unwrap();
        let step = |update: Update, value: &u32| update.and(LAST, *value).and(LIST, [*value].into());
        let state = schema.state().apply(values.iter().fold(Update::new(), step)).unwrap();
        prop_assert_eq!(state.get(LAST), values.last());
        prop_assert_eq!(state.get(LIST), Some(&List::from(values)));
    }
}
