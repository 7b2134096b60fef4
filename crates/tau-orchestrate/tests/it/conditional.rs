use std::error::Error as _;
use std::future::pending;

use tau_orchestrate::workflow::{
    Conditional, ConditionalBuildErrorKind, ConditionalBuilder, ConditionalErrorKind, DEFAULT_ROUTE,
};
use tokio_util::sync::CancellationToken;

use crate::support::{Oops, Recorder};

type Desk = ConditionalBuilder<&'static str, String, Oops>;

/// Routes on the state itself, which is the key.
fn desk() -> Desk {
    Conditional::builder("desk")
        .key(|state: &&'static str| *state)
        .route("billing", async |state| Ok(format!("billing took {state}")))
        .route("refund", async |state| Ok(format!("refund took {state}")))
}

#[tokio::test]
async fn the_key_names_the_route() {
    let recorder = Recorder::default();
    let desk = desk().observer(recorder.clone()).build().unwrap();
    assert_eq!(desk.run("refund").await.unwrap(), "refund took refund");
    assert_eq!(
        recorder.lines(),
        [
            "conditional `desk`: workflow.started",
            "conditional `desk`: route.selected `refund`",
            "conditional `desk`: workflow.completed `refund`",
        ]
    );
    assert_eq!(desk.routes().collect::<Vec<_>>(), ["billing", "refund"]);
}

#[tokio::test]
async fn predicates_come_first_in_their_order_then_the_key_then_the_default() {
    let switch = Conditional::builder("switch")
        .key(|n: &i32| if n % 2 == 0 { "even" } else { "odd" })
        .route("even", async |_| Ok::<_, Oops>("even"))
        .route_when("large", |n| *n > 100, async |_| Ok("large"))
        .route_when("huge", |n| *n > 50, async |_| Ok("huge"))
        .default_route(async |_| Ok("fallback"))
        .build()
        .unwrap();
    assert_eq!(switch.run(102).await.unwrap(), "large");
    assert_eq!(switch.run(60).await.unwrap(), "huge");
    assert_eq!(switch.run(4).await.unwrap(), "even");
    assert_eq!(switch.run(5).await.unwrap(), "fallback");
}

#[tokio::test]
async fn a_key_does_not_reach_a_route_that_has_a_predicate() {
    let switch = Conditional::builder("switch")
        .key(|_: &bool| "guarded")
        .route_when("guarded", |open| *open, async |_| Ok::<_, Oops>("in"))
        .default_route(async |_| Ok("out"))
        .build()
        .unwrap();
    assert_eq!(switch.run(true).await.unwrap(), "in");
    assert_eq!(switch.run(false).await.unwrap(), "out");
}

#[tokio::test]
async fn the_default_route_takes_unknown_keys_under_its_own_name() {
    let recorder = Recorder::default();
    let desk =
        desk().default_route(async |state| Ok(format!("clerk took {state}"))).observer(recorder.clone());
    let desk = desk.build().unwrap();
    let run = tokio::spawn(async move { desk.run("parking").await }); // a run can move to another thread
    assert_eq!(run.await.unwrap().unwrap(), "clerk took parking");
    assert_eq!(recorder.events()[1].route.as_deref(), Some(DEFAULT_ROUTE));
}

#[tokio::test]
async fn an_unknown_route_is_named_with_the_known_ones_and_a_suggestion() {
    let recorder = Recorder::default();
    let desk = desk().observer(recorder.clone()).build().unwrap();
    let error = desk.run("refnud").await.unwrap_err();
    let message = "unknown route \"refnud\", did you mean `refund`?; known routes: billing, refund";
    assert_eq!(error.kind(), ConditionalErrorKind::UnknownRoute);
    assert_eq!(error.to_string(), format!("conditional `desk`: {message}"));
    assert_eq!(error.route(), Some("refnud"));
    assert_eq!(error.suggestion(), Some("refund"));
    assert_eq!(error.known_routes().iter().map(|name| &**name).collect::<Vec<_>>(), ["billing", "refund"]);
    assert_eq!(error.into_state(), Some("refnud"), "the state comes back: no handler took it");
    assert_eq!(
        recorder.lines(),
        ["conditional `desk`: workflow.started", &format!("conditional `desk`: workflow.failed: {message}")]
    );
}

#[tokio::test]
async fn suggestions_ignore_case_and_white_space_and_do_not_guess_wildly() {
    let desk = desk().build().unwrap();
    for (key, suggestion) in [
        (" Refund\n", Some("refund")),
        ("BILING", Some("billing")),
        ("refined", Some("refund")),
        ("parking", None),
        ("", None),
    ] {
        let error = desk.run(key).await.unwrap_err();
        assert_eq!(error.suggestion(), suggestion, "for {key:?}");
    }
}

#[tokio::test]
async fn a_long_key_is_cut_where_people_read_it() {
    let switch = Conditional::<String, (), Oops>::builder("switch")
        .key(String::clone)
        .route("only", async |_| Ok(()))
        .build()
        .unwrap();
    let key = "ü".repeat(1_000_000);
    let error = switch.run(key.clone()).await.unwrap_err();
    let shown = "ü".repeat(80);
    assert_eq!(
        error.to_string(),
        format!("conditional `switch`: unknown route \"{shown}\"…; known routes: only")
    );
    assert_eq!(error.route(), Some(&*key));
}

#[tokio::test]
async fn no_predicate_that_holds_is_an_error_of_its_own() {
    let switch = Conditional::<i32, (), Oops>::builder("sign")
        .route_when("plus", |n| *n > 0, async |_| Ok(()))
        .route_when("minus", |n| *n < 0, async |_| Ok(()))
        .build()
        .unwrap();
    let error = switch.run(0).await.unwrap_err();
    assert_eq!(error.kind(), ConditionalErrorKind::NoRoute);
    assert_eq!(error.to_string(), "conditional `sign`: no predicate holds; known routes: plus, minus");
}

#[tokio::test]
async fn a_failing_handler_is_the_source_of_the_error() {
    let recorder = Recorder::default();
    let switch = Conditional::<&str, (), Oops>::builder("switch")
        .route_when("only", |_| true, async |_| Err(Oops("desk is closed")))
        .observer(recorder.clone())
        .build()
        .unwrap();
    let error = switch.run("planted secret").await.unwrap_err();
    assert_eq!((error.kind(), error.route()), (ConditionalErrorKind::HandlerFailed, Some("only")));
    assert_eq!(error.to_string(), "conditional `switch`: handler of route `only` failed");
    assert_eq!(error.source().unwrap().to_string(), "desk is closed");
    assert!(!format!("{error:?}").contains("planted secret"));
    assert_eq!(
        recorder.lines().last().unwrap(),
        "conditional `switch`: workflow.failed `only`: desk is closed"
    );
}

#[tokio::test]
async fn cancelling_drops_the_handler() {
    let (token, recorder) = (CancellationToken::new(), Recorder::default());
    let inside = token.clone();
    let switch = Conditional::<(), (), Oops>::builder("switch")
        .route_when(
            "slow",
            |()| true,
            move |()| {
                inside.cancel();
                pending()
            },
        )
        .cancellation(token)
        .observer(recorder.clone())
        .build()
        .unwrap();
    let error = switch.run(()).await.unwrap_err();
    assert_eq!((error.kind(), error.route()), (ConditionalErrorKind::Cancelled, Some("slow")));
    assert_eq!(recorder.lines().last().unwrap(), "conditional `switch`: workflow.cancelled `slow`");

    let error = switch.run(()).await.unwrap_err();
    assert_eq!(error.to_string(), "conditional `switch`: cancelled");
    assert_eq!(error.into_state(), Some(()), "cancelled before a route was chosen");
}

#[test]
fn routes_that_make_no_sense_are_found_when_building() {
    let handler = async |_| Ok(String::new());
    let check = |builder: Desk, kind, route, text: &str| {
        let error = builder.build().unwrap_err();
        assert_eq!((error.kind(), error.route()), (kind, route));
        assert_eq!(error.to_string(), text);
    };
    check(
        Conditional::builder("empty").default_route(handler),
        ConditionalBuildErrorKind::NoRoutes,
        None,
        "conditional `empty`: no routes",
    );
    check(
        desk().route("billing", handler),
        ConditionalBuildErrorKind::DuplicateRoute,
        Some("billing"),
        "conditional `desk`: the name `billing` is taken already",
    );
    check(
        desk().route(DEFAULT_ROUTE, handler),
        ConditionalBuildErrorKind::DuplicateRoute,
        Some("default"),
        "conditional `desk`: the name `default` is taken already",
    );
    check(
        Conditional::builder("keyless").route("a", handler),
        ConditionalBuildErrorKind::UnreachableRoute,
        Some("a"),
        "conditional `keyless`: nothing leads to route `a`: it has no predicate, and there is no key function",
    );
}
