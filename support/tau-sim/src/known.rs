//! Faults of the kernel that are known and not mended yet. The simulation goes around them, each at one place that names
//! it, so that it finds others; who mends one takes its place out.
//!
//! | fault | what happens |
//! |---|---|
//! | `torn-judgement` | a journal that ends before a call was judged: held by an earlier one, it runs unjudged |
//! | `torn-settle` | a journal that ends right behind a rewind or fork: what had run is announced and runs again |
//! | `torn-answer` | a journal that ends between an answer and its result: a held question runs as a tool, and a held call runs that a person denied |
//! | `torn-report` | a journal that ends between a subagent's end and its result: it is counted twice |
//! | `torn-budget` | a journal that ends while calls beyond the budget are refused: the run goes on |
//! | `resume-order` | what is taken up begins before what the model called first |
//! | `compacts-twice` | taking up a reply whose calls are all refused compacts twice |
//! | `asks-again` | a call that a person let run is asked about again, and told as not run though it may have |
//! | `compaction-budget` | what comes in during a compaction meets the budget, and the model is asked all the same |
//! | `forgotten-spending` | what a stopped subagent spent is forgotten when its parent is taken up |
//! | `reused-ids` | a call id that a rewind took back is used again, and a late result is taken for the new call's |
//! | `false-words` | a rewind or fork says that a call has not run, which was let run after that place |
