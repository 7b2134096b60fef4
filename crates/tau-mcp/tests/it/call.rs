//! Calling tools.

use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;
use tau_core::{Image, ToolResultBlock};
use tau_mcp::McpErrorKind;

use crate::support::{call, connect, context, eventually, text, tool};

#[tokio::test]
async fn results_of_every_kind_arrive() {
    let server = connect(&[]).await;
    let add = call(&server, "add", json!({"a": 2, "b": 40})).await;
    // The text that repeats the structured content is not shown twice.
    assert_eq!(add.content, [ToolResultBlock::Json { value: json!({"sum": 42}) }]);
    assert!(!add.is_error);

    let image = call(&server, "image", json!({})).await;
    let [ToolResultBlock::Text { text: caption }, ToolResultBlock::Image(Image { source, .. })] =
        image.content.as_slice()
    else {
        panic!("{image:?}");
    };
    assert_eq!(caption, "a pixel");
    let tau_core::ImageSource::Base64 { media_type, data } = source else { panic!("{source:?}") };
    assert!(media_type == "image/png" && data.starts_with("iVBORw0KGgo"), "{media_type} {data}");

    let mixed = call(&server, "mixed", json!({})).await;
    assert_eq!(
        text(&mixed),
        "[resource file:///a.txt]\ninside\n[link to resource file:///b.txt (b)]\n\
         [audio of type audio/wav, 3 bytes, was left out]"
    );
    assert_eq!(text(&call(&server, "nothing", json!({})).await), "(The tool gave no output.)");
    assert_eq!(text(&call(&server, "odd_name", json!({})).await), "odd_name");
}

#[tokio::test]
async fn a_tool_that_fails_says_why() {
    let server = connect(&[]).await;
    let fail = call(&server, "fail", json!({})).await;
    assert_eq!((text(&fail), fail.is_error), ("the disk is full", true));
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_told_to_the_model() {
    let server = connect(&[]).await;
    let refused = call(&server, "add", json!({"a": "two", "b": 40})).await;
    assert_eq!(
        (text(&refused), refused.is_error),
        ("MCP server `fix`: refused the call of `add`: `a` must be an integer (code -32602).", true)
    );
    let refused = call(&server, "add", json!([2, 40])).await;
    assert!(refused.is_error && text(&refused).contains("must be a JSON object"), "{refused:?}");
    // The server is none the worse for it.
    assert_eq!(text(&call(&server, "echo", json!({"text": "a"})).await), "a");
}

#[tokio::test]
async fn calls_run_beside_each_other_and_keep_their_answers() {
    let server = connect(&[]).await;
    let started = Instant::now();
    let sleep = call(&server, "sleep", json!({"ms": 300}));
    let texts: Vec<String> = (0..200).map(|number| format!("{number}").repeat(200)).collect();
    let echoes = join_all(texts.iter().map(|text| call(&server, "echo", json!({ "text": text }))));
    let others = join_all((0..20).map(|_| call(&server, "sleep", json!({"ms": 300}))));
    let (slept, echoed, others) = futures::join!(sleep, echoes, others);
    assert_eq!(text(&slept), "awake");
    assert_eq!(echoed.iter().map(text).collect::<Vec<_>>(), texts);
    assert!(others.iter().all(|output| text(output) == "awake"));
    // One after the other they would have taken more than six seconds.
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_large_result_arrives_whole() {
    let server = connect(&[]).await;
    let long = "0123456789".repeat(400_000);
    assert_eq!(text(&call(&server, "echo", json!({ "text": long })).await), long);
}

#[tokio::test]
async fn a_dropped_call_is_cancelled_at_the_server() {
    for args in [&[][..], &["--legacy"]] {
        let server = connect(args).await;
        let hanging = tool(&server, "sleep");
        let (context, arguments) = (context(), json!({"ms": 600_000}));
        let started =
            tokio::time::timeout(Duration::from_millis(200), hanging.execute(&context, &arguments)).await;
        assert!(started.is_err(), "{started:?}");
        eventually("the server heard of the cancellation", async || {
            text(&call(&server, "cancelled", json!({})).await) == "1"
        })
        .await;
        assert!(server.is_alive());
    }
}

#[tokio::test]
async fn a_server_that_dies_fails_every_call_with_the_reason() {
    let server = connect(&[]).await;
    let hanging = tool(&server, "sleep");
    let (context, arguments) = (context(), json!({"ms": 600_000}));
    let (hanging, crash) =
        futures::join!(hanging.execute(&context, &arguments), call(&server, "crash", json!({})));
    let advice = "Whether the call had an effect is unknown; check before you repeat it.";
    for (output, name) in [(&hanging, "sleep"), (&crash, "crash")] {
        let expected =
            format!("MCP server `fix`: exited with code 3 before it answered the call of `{name}`. {advice}");
        assert_eq!((text(output), output.is_error), (expected.as_str(), true));
    }
    assert!(!server.is_alive());
    let late = server.mcp_tools()[0].call(&json!({"text": "anybody?"})).await.unwrap_err();
    assert_eq!((late.kind(), late.server()), (McpErrorKind::Exited, "fix"));
    assert_eq!(late.stderr(), "fatal: out of cheese\n");
}

#[tokio::test]
async fn a_tool_that_outlives_its_server_fails() {
    let server = connect(&[]).await;
    let echo = tool(&server, "echo");
    let how = server.shutdown().await;
    assert_eq!(how, "exited with code 0");
    let output = echo.execute(&context(), &json!({"text": "a"})).await;
    assert!(output.is_error && text(&output).contains("exited with code 0"), "{output:?}");
}
