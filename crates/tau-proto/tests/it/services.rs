//! A service and its client, joined without a transport between processes.

use futures::StreamExt as _;
use tau_proto::connectrpc::client::{ClientConfig, ServiceTransport};
use tau_proto::connectrpc::{
    CodecFormat, ConnectError, ConnectRpcService, ErrorCode, InboundStream, RequestContext, Response, Router,
    ServiceResult, ServiceStream,
};
use tau_proto::protovalidate_buffa::Validate as _;
use tau_proto::runtime::v1::{
    AttachRequest, AttachResponse, ExtensionRole, ExtensionService, ExtensionServiceClient,
    ExtensionServiceRegisterMarker, Hello, JournalRole, Welcome, attach_request, attach_response,
};

/// Welcomes whoever greets by the rules.
struct Doorkeeper;

impl ExtensionService for Doorkeeper {
    #[expect(refining_impl_trait, reason = "the answers are owned messages")]
    async fn attach(
        &self,
        _: RequestContext,
        requests: InboundStream<AttachRequest>,
    ) -> ServiceResult<ServiceStream<AttachResponse>> {
        Response::stream_ok(requests.map(|request| {
            let request = request?;
            request.view().validate().map_err(|error| ConnectError::invalid_argument(error.to_string()))?;
            let Some(attach_request::Message::Hello(hello)) = request.to_owned_message().message else {
                return Err(ConnectError::invalid_argument("no hello"));
            };
            let welcome = Welcome { server_name: hello.client_name, ..Default::default() };
            Ok(AttachResponse { message: Some(welcome.into()), ..Default::default() })
        }))
    }
}

fn hello(protocol_version: u32) -> AttachRequest {
    let journal = JournalRole::default();
    let hello = Hello {
        protocol_version,
        client_name: "journal".into(),
        client_id: "store-1".into(),
        roles: vec![ExtensionRole { role: Some(journal.into()), ..Default::default() }],
        ..Default::default()
    };
    AttachRequest { message: Some(hello.into()), ..Default::default() }
}

async fn ask(codec: CodecFormat, request: AttachRequest) -> Result<Option<AttachResponse>, ConnectError> {
    let router = Router::new().add_service::<_, ExtensionServiceRegisterMarker>(Doorkeeper.into());
    let transport = ServiceTransport::new(ConnectRpcService::new(router));
    let config = ClientConfig::new("http://in.process".parse().unwrap()).with_codec_format(codec);
    let mut attachment = ExtensionServiceClient::new(transport, config).attach().await?;
    attachment.send(request).await?;
    attachment.close_send();
    let answer = attachment.message::<AttachResponse>().await?;
    Ok(answer.map(|answer| answer.to_owned_message()))
}

#[tokio::test]
async fn a_client_reaches_the_service_in_either_encoding() {
    let welcome = Welcome { server_name: "journal".into(), ..Default::default() };
    let expected =
        AttachResponse { message: Some(attach_response::Message::Welcome(welcome)), ..Default::default() };
    for codec in [CodecFormat::Proto, CodecFormat::Json] {
        assert_eq!(ask(codec, hello(1)).await.unwrap(), Some(expected.clone()));
    }
}

#[tokio::test]
async fn the_view_of_a_request_is_validated() {
    let error = ask(CodecFormat::Proto, hello(0)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArgument);
    let message = error.message.unwrap_or_default();
    assert!(message.starts_with("hello.protocol_version:"), "{message}");
}
