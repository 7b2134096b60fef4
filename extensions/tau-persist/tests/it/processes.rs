//! Several stores over one file, as several processes have them.

use futures::executor::block_on;
use tau_persist::{Append, Store as _, StoreErrorKind as Kind, verify_session};

use crate::support::{Folder, Writer, id, kind, open, read_all};

#[test]
fn each_sees_what_the_other_has_written() {
    let folder = Folder::new();
    let (left, right) = (folder.open(), folder.open());
    let mut writer = Writer::new("s");
    for _ in 0..5 {
        writer.append(&left, 2);
        assert_eq!(right.head(&id("s")).wait().unwrap(), Some(writer.at));
        writer.append(&right, 2);
        assert_eq!(read_all(&left, &id("s")).len() as u64, writer.at.seq);
    }
}

#[test]
fn two_writers_without_leases_cannot_both_win() {
    let folder = Folder::new();
    let (left, right) = (folder.open(), folder.open());
    let mut first = Writer::new("s");
    first.append(&left, 1);
    let mut second = first.clone();
    let ours = first.event("ours");
    let theirs = second.event("theirs");
    let answers = [left.append(Append::new(vec![ours])), right.append(Append::new(vec![theirs]))];
    let answers = answers.map(|answer| answer.wait());
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(won, 1, "{answers:?}");
    let lost = answers.into_iter().find_map(Result::err).unwrap();
    assert!(matches!(lost.kind(), Kind::Conflict { .. }), "{lost:?}");
}

#[test]
fn a_lease_is_kept_across_stores_and_so_is_its_end() {
    let folder = Folder::new();
    let (left, right) = (folder.open(), folder.open());
    let lease = left.open_session(open("s", "left")).wait().unwrap();
    assert!(matches!(kind(right.open_session(open("s", "right")).wait()), Kind::Leased { .. }));
    let taken = right.open_session(open("s", "right").take_over(lease.epoch)).wait().unwrap();
    let mut old = Writer::new("s");
    old.at = lease.head;
    assert_eq!(kind(left.append(Append::new(old.events(1))).wait()), Kind::Fenced { held: taken.head });
}

#[test]
fn many_writers_in_two_stores_take_turns() {
    let folder = Folder::new();
    let stores = [folder.open(), folder.open()];
    std::thread::scope(|scope| {
        for (index, store) in stores.iter().enumerate() {
            for thread in 0..4 {
                scope.spawn(move || {
                    let mut writer = Writer::new(&format!("s-{index}-{thread}"));
                    (0..25).for_each(|_| drop(writer.append(store, 2)));
                });
            }
        }
    });
    for index in 0..2 {
        for thread in 0..4 {
            let verification =
                block_on(verify_session(&stores[0], &id(&format!("s-{index}-{thread}")))).unwrap();
            assert!(verification.damage.is_none());
            assert_eq!(verification.intact.seq, 50);
        }
    }
}

#[test]
fn opened_at_the_same_moment_a_new_database_is_made_once() {
    let folder = Folder::new();
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let folder = &folder;
            scope.spawn(move || Writer::new(&format!("s{thread}")).append(&folder.open(), 1));
        }
    });
    assert_eq!(folder.open().list(tau_persist::ListSessions::first(10)).wait().unwrap().len(), 6);
}
