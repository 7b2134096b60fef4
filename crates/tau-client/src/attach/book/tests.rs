use tau_proto::runtime::v1::{RunTool, ToolReturn};

use super::*;

fn call(id: &str) -> Call {
    Call {
        call_id: id.to_owned(),
        session_id: "s".to_owned(),
        epoch: 1,
        call: Some(RunTool::default().into()),
        ..Default::default()
    }
}

fn welcomed(window: u32, open: &[&str]) -> Welcome {
    let open_call_ids = open.iter().map(|id| (*id).to_owned()).collect();
    Welcome { progress_window: window, open_call_ids, ..Default::default() }
}

fn book() -> Book {
    let mut book = Book::default();
    assert_eq!(book.welcome(&welcomed(10, &[])), [] as [&str; 0]);
    book
}

fn is_new(book: &mut Book, call: &Call) -> bool {
    matches!(book.call(call, Instant::now()), Arrival::New(_))
}

fn done() -> call_result::Result {
    ToolReturn::default().into()
}

/// Everything that may be said now.
fn said(book: &mut Book) -> Vec<String> {
    let messages = std::iter::from_fn(|| book.next());
    messages
        .map(|message| match message {
            Message::CallProgress(progress) => {
                let Some(call_progress::Progress::Text(text)) = progress.progress else { panic!("no text") };
                format!("{} {} {text}", progress.call_id, progress.number)
            }
            Message::CallResult(CallResult { call_id, result: Some(result), .. }) => match result {
                call_result::Result::Failure(failure) => format!("{call_id} {:?}", failure.kind),
                _ => format!("{call_id} done"),
            },
            other => panic!("{other:?}"),
        })
        .collect()
}

fn received(call: &str, number: u64) -> CallReceived {
    CallReceived { call_id: call.to_owned(), number, ..Default::default() }
}

#[test]
fn a_call_tells_its_progress_and_then_its_result() {
    let mut book = book();
    assert!(is_new(&mut book, &call("a")));
    book.progress("a", "one".to_owned());
    book.ended("a", done(), Instant::now());
    assert_eq!(said(&mut book), ["a 1 one", "a done"]);
    book.settled(&["a".to_owned()]);
    assert!(book.calls.is_empty());
}

#[test]
fn no_more_is_under_way_than_the_window_holds() {
    let mut book = book();
    is_new(&mut book, &call("a"));
    for text in ["12345", "6789", "abcd"] {
        book.progress("a", text.to_owned());
    }
    book.ended("a", done(), Instant::now());
    assert_eq!(said(&mut book), ["a 1 12345", "a 2 6789"]);
    assert_eq!(said(&mut book), [] as [&str; 0]);
    book.received(&received("a", 1));
    assert_eq!(said(&mut book), ["a 3 abcd", "a done"]);
    // A piece that is larger than the window goes alone.
    book.welcome(&welcomed(2, &["a"]));
    is_new(&mut book, &Call { progress_received: 1, ..call("a") });
    assert_eq!(said(&mut book), ["a 2 6789"]);
}

#[test]
fn a_call_that_comes_again_goes_on_and_is_not_begun_again() {
    let mut book = book();
    is_new(&mut book, &call("a"));
    for text in ["one", "two"] {
        book.progress("a", text.to_owned());
    }
    assert_eq!(said(&mut book), ["a 1 one", "a 2 two"]);
    assert_eq!(book.welcome(&welcomed(10, &["a"])), [] as [&str; 0]);
    book.progress("a", "six".to_owned());
    // Nothing is said of it before it is asked for again.
    assert_eq!(said(&mut book), [] as [&str; 0]);
    assert!(!is_new(&mut book, &Call { progress_received: 1, ..call("a") }));
    assert_eq!(said(&mut book), ["a 2 two", "a 3 six"]);
}

#[test]
fn a_result_is_told_again_until_it_is_settled() {
    let mut book = book();
    is_new(&mut book, &call("a"));
    book.ended("a", done(), Instant::now());
    assert_eq!(said(&mut book), ["a done"]);
    book.welcome(&welcomed(10, &["a"]));
    assert!(!is_new(&mut book, &Call { only_if_held: true, ..call("a") }));
    assert_eq!(said(&mut book), ["a done"]);
}

#[test]
fn calls_that_nobody_waits_for_are_named() {
    let mut book = book();
    for id in ["a", "b", "c"] {
        is_new(&mut book, &call(id));
    }
    book.ended("c", done(), Instant::now());
    assert_eq!(book.welcome(&welcomed(10, &["b"])), ["a"]);
}

#[test]
fn what_is_not_held_is_not_begun() {
    let mut book = book();
    assert!(!is_new(&mut book, &Call { only_if_held: true, ..call("a") }));
    assert_eq!(said(&mut book), ["a CALL_FAILURE_KIND_NOT_HELD"]);
}

#[test]
fn the_sender_of_an_older_epoch_has_lost_the_session() {
    let mut book = book();
    assert!(is_new(&mut book, &Call { epoch: 3, ..call("a") }));
    assert!(!is_new(&mut book, &Call { epoch: 2, ..call("b") }));
    assert_eq!(said(&mut book), ["b CALL_FAILURE_KIND_FENCED"]);
    let elsewhere = Call { epoch: 1, session_id: "other".to_owned(), ..call("c") };
    assert!(is_new(&mut book, &elsewhere));
}

#[test]
fn results_that_nobody_settles_are_forgotten_in_time() {
    let mut book = book();
    let now = Instant::now();
    is_new(&mut book, &call("a"));
    is_new(&mut book, &call("b"));
    book.ended("a", done(), now);
    book.expire(now + RETENTION - Duration::from_secs(1));
    assert_eq!(book.calls.len(), 2);
    book.expire(now + RETENTION);
    assert_eq!(book.calls.keys().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn calls_that_have_something_to_say_take_turns() {
    let mut book = book();
    for id in ["a", "b"] {
        is_new(&mut book, &call(id));
    }
    for text in ["1", "2", "3"] {
        book.progress("a", text.to_owned());
    }
    book.progress("b", "1".to_owned());
    book.ended("b", done(), Instant::now());
    assert_eq!(said(&mut book), ["a 1 1", "b 1 1", "a 2 2", "b done", "a 3 3"]);
    assert!(book.ready.is_empty());
}
