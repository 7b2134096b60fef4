//! The book against extensions that break off, forget and come back, from many seeds.

mod world;

use std::collections::BTreeMap;

use proptest::proptest;

use world::{BOUND, End, GRACE, World, deeds};

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(512))]
    #[test]
    fn no_call_is_lost_and_none_is_doubled(deeds in deeds()) {
        let mut world = World::new();
        for deed in &deeds {
            world.perform(deed);
            let bound = world.book.clients.values().filter_map(|client| client.lanes.get("bound"));
            assert!(bound.map(|lane| lane.running).all(|running| running <= BOUND));
        }
        world.settle();
        for known in &world.calls {
            assert_ne!(known.end, End::Open, "{} has no end", known.id);
            let begun = world.begun.get(&known.id).copied().unwrap_or_default();
            assert!(known.is_repeatable || begun <= 1, "{} began {begun} times", known.id);
        }
        assert!(world.book.open.is_empty() && world.book.keys.is_empty());
        for (extension, client) in world.extensions.iter().zip(world.book.clients.values()) {
            assert!(client.begun.is_empty() && client.lanes.is_empty());
            assert!(extension.calls.values().all(Option::is_some));
        }
    }
}

#[test]
fn what_is_asked_waits_for_somebody_and_not_for_ever() {
    let mut world = World::new();
    world.open(0, true);
    world.take(0);
    assert_eq!(world.calls[0].end, End::Open);
    world.now += GRACE;
    world.take(0);
    assert_eq!(world.calls[0].end, End::Done);
    assert_eq!(world.begun, BTreeMap::new());
}

#[test]
fn the_highest_priority_is_asked_first_and_the_other_takes_over() {
    let mut world = World::new();
    world.connect(0, true, 9);
    world.connect(1, true, 9);
    world.open(0, true);
    world.open(0, true);
    assert!(!world.hear(0) && world.hear(1));
    // One was sent and stays there; the other was not.
    world.disconnect(1);
    assert!(world.hear(0) && !world.hear(0));
    assert_eq!(world.extensions[0].calls.keys().collect::<Vec<_>>(), ["call-1"]);
    world.connect(1, true, 9);
    assert!(world.hear(1));
    assert_eq!(world.begun.values().sum::<usize>(), 2);
}
