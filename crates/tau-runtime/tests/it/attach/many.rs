//! Many calls at a time.

use std::collections::VecDeque;

use tau_core::ToolResultBlock;
use tau_proto::runtime::v1::{Hello, attach_response};
use tau_runtime::attach::Attachments;

use super::support::{Extension, Running, arguments, hello, in_time, offer, session};

const CALLS: u64 = 10_000;
const CREDIT: u32 = 100;

/// Each gets its own result, in whatever order they end, and no more run than there is credit for.
#[tokio::test(start_paused = true)]
async fn ten_thousand_calls_interleave_over_one_attachment() {
    let hub = Attachments::default();
    let hello = Hello { call_credit: CREDIT, ..hello("a", vec![offer("odd"), offer("even")]) };
    let (mut extension, _) = Extension::attach(&hub, hello).await;
    let tools = hub.tools_for(&session());
    let running: Vec<Running> =
        (0..CALLS).map(|number| Running::start(&tools[(number % 2) as usize], number)).collect();
    let serving = tokio::spawn(async move {
        let (mut open, mut ended, mut settled, mut most) = (VecDeque::new(), 0, 0, 0);
        while settled < CALLS {
            // It ends one only when it cannot have more, and then the newest or the oldest.
            match extension.next().await {
                attach_response::Message::Call(call) => open.push_back(call),
                attach_response::Message::CallsSettled(told) => settled += told.call_ids.len() as u64,
                other => panic!("{other:?}"),
            }
            most = most.max(open.len());
            while open.len() as u64 == u64::from(CREDIT).min(CALLS - ended) && !open.is_empty() {
                let newest = ended % 3 == 0;
                let call = if newest { open.pop_back() } else { open.pop_front() }.unwrap();
                extension.finish(&call, &arguments(&call)).await;
                ended += 1;
            }
        }
        most
    });
    for (running, number) in running.into_iter().zip(0..) {
        let output = running.output(&hub).await;
        assert_eq!(output.content, [ToolResultBlock::text(format!(r#"{{"number":{number}}}"#))]);
    }
    assert_eq!(in_time(serving).await.unwrap(), CREDIT as usize);
}
