use tau_core::{Capabilities, Protocol};

#[test]
fn every_name_reads_back_in_any_letter_case() {
    for protocol in Protocol::ALL {
        let name = protocol.to_string();
        assert_eq!(name.parse(), Ok(protocol));
        assert_eq!(format!("  {}\n", name.to_uppercase()).parse(), Ok(protocol));
        assert_eq!(serde_json::to_value(protocol).unwrap(), name);
        assert_eq!(serde_json::from_value::<Protocol>(name.into()).unwrap(), protocol);
    }
}

#[test]
fn all_lists_every_protocol_that_serde_knows() {
    let error = serde_json::from_str::<Protocol>("\"?\"").unwrap_err().to_string();
    let names: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    assert_eq!(names, Protocol::ALL.map(Protocol::as_str));
}

#[test]
fn an_unknown_name_is_told_the_known_ones() {
    for text in ["", "chat ting", "image"] {
        assert_eq!(
            text.parse::<Protocol>().unwrap_err().to_string(),
            format!(
                "`{text}` is not a protocol; the protocols are chat, vision, tools, embeddings and audio"
            ),
        );
    }
}

#[test]
fn a_capability_answers_for_its_protocol_alone() {
    let supported = |change: fn(&mut Capabilities)| {
        let mut capabilities = Capabilities::default();
        capabilities.tools = false;
        change(&mut capabilities);
        Protocol::ALL.into_iter().filter(|protocol| capabilities.supports(*protocol)).collect::<Vec<_>>()
    };
    assert_eq!(supported(|_| {}), [Protocol::Chat]);
    assert_eq!(supported(|it| it.vision = true), [Protocol::Chat, Protocol::Vision]);
    assert_eq!(supported(|it| it.tools = true), [Protocol::Chat, Protocol::Tools]);
    assert_eq!(supported(|it| it.embeddings = true), [Protocol::Chat, Protocol::Embeddings]);
    assert_eq!(supported(|it| it.audio = true), [Protocol::Chat, Protocol::Audio]);
}

#[test]
fn the_default_capabilities_are_those_the_documentation_names() {
    let read: Capabilities = serde_json::from_str("{}").unwrap();
    assert_eq!(read, Capabilities::default());
    assert!(read.tools && read.parallel_tools);
    assert!(!read.reasoning && !read.vision && !read.embeddings && !read.audio);
    assert_eq!((read.context_window, read.max_output), (None, None));
}
