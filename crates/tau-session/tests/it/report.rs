//! What fills the window.

use tau_core::ToolDefinition;
use tau_session::ContextReport;

use crate::support::{Fold, announced, asked, finished, prompt, reply, started};

#[test]
fn each_part_counts_where_it_belongs() {
    let fold = Fold::of([
        prompt(1, &"u".repeat(400)),
        started(1),
        asked(1, 1),
        reply(&"a".repeat(200), &["c1"], None),
        announced("c1"),
        finished("c1", &"r".repeat(4_000)),
    ]);
    let tools = [ToolDefinition::new("look", "Looks.", serde_json::json!({ "type": "object" }))];
    let report = ContextReport::new(&"s".repeat(800), &tools, &fold.history);
    // A quarter of the bytes, and four tokens for the frame of each message and call.
    assert_eq!(
        (report.instructions, report.user, report.assistant, report.tool_results),
        (200, 104, 54, 1_004)
    );
    assert_eq!((report.tool_calls, report.tools, report.reasoning, report.images), (6, 7, 0, 0));
    assert_eq!(report.total(), 200 + 104 + 54 + 1_004 + 6 + 7);
    assert_eq!(fold.history.context_tokens(), report.total() - report.instructions - report.tools);
}
