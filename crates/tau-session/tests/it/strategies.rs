//! What every compaction strategy keeps true.

use proptest::prelude::*;
use tau_core::event::CompactionStrategy;
use tau_session::compaction::{Compaction, Compactor, Pinned, SlidingWindow, Summary, Truncation};
use tau_session::{History, estimate_tokens};

use crate::properties::{assert_paired, journal};
use crate::support::{Fold, announced, asked, finished, prompt, reply, started};

fn pinned() -> Pinned {
    Pinned::default().with("Current plan", "1. look\n2. leap")
}

/// A history of so many runs, each with a question, a call, its result and an answer.
fn long(runs: u128) -> Fold {
    let mut fold = Fold::default();
    for run in 1..=runs {
        let id = format!("c{run}");
        fold.feed([prompt(run, &format!("request {run}")), started(run), asked(run, 1)]);
        fold.feed([
            reply("I look.", &[&id], None),
            announced(&id),
            finished(&id, &"line\n".repeat(50)),
            asked(run, 2),
        ]);
        fold.feed([reply(&format!("answer {run}"), &[], None)]);
    }
    fold
}

fn all(history: &History, target: u64) -> Vec<Compaction> {
    let pinned = pinned();
    let summary = Summary::default().request(history);
    [
        Truncation.compact(history, &pinned, target),
        SlidingWindow::new(3).compact(history, &pinned, target),
        summary.and_then(|request| request.answered(history, &pinned, "What mattered.")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn tokens(history: &History) -> u64 {
    history.messages().iter().map(|message| estimate_tokens(message)).sum()
}

#[test]
fn truncation_drops_no_more_than_it_must() {
    let mut fold = long(20);
    let target = tokens(&fold.history) / 2;
    let compaction = Truncation.compact(&fold.history, &pinned(), target).unwrap();
    let kept_before = fold.history.messages().len();
    fold.feed([compaction.into()]);
    assert!(tokens(&fold.history) <= target, "{} > {target}", tokens(&fold.history));
    // One message more would not have fitted: an exchange is about 90 tokens.
    assert!(tokens(&fold.history) > target - 100);
    assert!(fold.history.messages().len() < kept_before);
}

#[test]
fn a_window_keeps_the_newest_and_never_starts_with_a_result() {
    let mut fold = long(5);
    // The newest three would begin with a tool's result, so its call stays too.
    let compaction = SlidingWindow::new(2).compact(&fold.history, &Pinned::default(), 0).unwrap();
    assert_eq!(compaction.strategy, CompactionStrategy::SlidingWindow);
    fold.feed([compaction.into()]);
    let shown = fold.shown();
    assert_eq!(
        shown[1..],
        ["assistant: I look. | call c5", &format!("tool: c5={}", "line\n".repeat(50)), "assistant: answer 5"]
    );
}

#[test]
fn what_people_asked_for_outlives_compaction_after_compaction() {
    let mut fold = long(3);
    for run in 4..8 {
        fold.feed([Truncation.compact(&fold.history, &pinned(), 0).unwrap().into()]);
        fold.feed([
            prompt(run, &format!("request {run}")),
            started(run),
            asked(run, 1),
            reply("yes", &[], None),
        ]);
    }
    fold.feed([Truncation.compact(&fold.history, &pinned(), 0).unwrap().into()]);
    let head = fold.history.messages()[0].text();
    for run in 1..8 {
        assert_eq!(head.matches(&format!("- request {run}\n")).count(), 1, "{head}");
    }
    assert_eq!(head.matches("Current plan:\n1. look\n2. leap\n").count(), 1);
    assert_eq!(fold.history.messages().len(), 2, "the head and the newest message");
}

#[test]
fn requests_are_bounded_and_the_newest_are_kept() {
    let mut fold = Fold::default();
    for run in 1..=20 {
        fold.feed([prompt(run, &format!("{run} {}", "x".repeat(10_000))), started(run), asked(run, 1)]);
        fold.feed([reply("yes", &[], None)]);
    }
    fold.feed([Truncation.compact(&fold.history, &Pinned::default(), 0).unwrap().into()]);
    let head = fold.history.messages()[0].text();
    assert!(head.len() < 17_000, "{}", head.len());
    assert!(head.contains("[17 older requests are left out]"), "{}", &head[..300]);
    assert!(head.contains("- 20 xxx") && head.contains("bytes left out"));
}

#[test]
fn a_summary_asks_about_what_goes_and_keeps_the_rest() {
    let mut fold = long(400);
    let request = Summary::default().request(&fold.history).unwrap();
    let (last, asked_about) = request.messages.split_last().unwrap();
    assert!(last.text().starts_with("This conversation is about to be shortened"));
    assert_eq!(asked_about, &fold.history.messages()[..asked_about.len()]);
    assert!(
        request.clone().answered(&fold.history, &Pinned::default(), " \n").is_none(),
        "nothing is no summary"
    );
    let kept = fold.history.messages()[asked_about.len()..].to_vec();
    let compaction = request.answered(&fold.history, &Pinned::default(), "We looked 390 times.").unwrap();
    fold.feed([compaction.into()]);
    assert!(fold.history.messages()[0].text().contains("Summary:\nWe looked 390 times.\n"));
    assert_eq!(fold.history.messages()[1..], kept);
    assert!(fold.history.context_tokens() < 14_000);
}

#[test]
fn a_history_too_short_to_cut_is_left_alone() {
    assert!(all(&History::default(), 0).is_empty());
    let fold = Fold::of([prompt(1, "hi"), started(1)]);
    assert!(all(&fold.history, 0).is_empty());
    assert_eq!(fold.history.requests()[0].text(), "hi");
}

proptest! {
    #[test]
    fn every_proposal_is_accepted_and_leaves_a_valid_history(journal in journal(), target in 0u64..400) {
        let fold = Fold::of(journal);
        let is_ready = fold.history.is_ready();
        for compaction in all(&fold.history, target) {
            let through = compaction.through;
            let mut compacted = fold.clone();
            compacted.feed([compaction.clone().into()]);
            prop_assert_eq!(compacted.history.messages()[0].text(), compaction.replacement[0].text());
            prop_assert!(compacted.history.messages().len() <= fold.history.messages().len());
            prop_assert!(through < fold.seq);
            assert_paired(compacted.history.messages(), is_ready);
            prop_assert_eq!(compacted.history.requests(), fold.history.requests());
        }
        prop_assert_eq!(all(&fold.history, target), all(&fold.history, target));
    }
}
