///Shorthand for `OwnedView<GetInfoRequestView<'static>>`.
pub type OwnedGetInfoRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::GetInfoRequestView<'static>,
>;
///Shorthand for `OwnedView<GetInfoResponseView<'static>>`.
pub type OwnedGetInfoResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::GetInfoResponseView<'static>,
>;
///Shorthand for `OwnedView<GetDiagnosticsRequestView<'static>>`.
pub type OwnedGetDiagnosticsRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::GetDiagnosticsRequestView<'static>,
>;
///Shorthand for `OwnedView<GetDiagnosticsResponseView<'static>>`.
pub type OwnedGetDiagnosticsResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::GetDiagnosticsResponseView<'static>,
>;
///Shorthand for `OwnedView<ValidateConfigRequestView<'static>>`.
pub type OwnedValidateConfigRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::ValidateConfigRequestView<'static>,
>;
///Shorthand for `OwnedView<ValidateConfigResponseView<'static>>`.
pub type OwnedValidateConfigResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::ValidateConfigResponseView<'static>,
>;
///Shorthand for `OwnedView<DrainRequestView<'static>>`.
pub type OwnedDrainRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::DrainRequestView<'static>,
>;
///Shorthand for `OwnedView<DrainResponseView<'static>>`.
pub type OwnedDrainResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::DrainResponseView<'static>,
>;
///Shorthand for `OwnedView<GetLogLevelRequestView<'static>>`.
pub type OwnedGetLogLevelRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::GetLogLevelRequestView<'static>,
>;
///Shorthand for `OwnedView<GetLogLevelResponseView<'static>>`.
pub type OwnedGetLogLevelResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::GetLogLevelResponseView<'static>,
>;
///Shorthand for `OwnedView<SetLogLevelRequestView<'static>>`.
pub type OwnedSetLogLevelRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::SetLogLevelRequestView<'static>,
>;
///Shorthand for `OwnedView<SetLogLevelResponseView<'static>>`.
pub type OwnedSetLogLevelResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::SetLogLevelResponseView<'static>,
>;
impl ::connectrpc::Encodable<crate::runtime::v1::GetInfoResponse>
for crate::runtime::v1::__buffa::view::GetInfoResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::GetInfoResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::GetInfoResponseView<'static>,
> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self.reborrow(), codec)
    }
    /// An `OwnedView` still holds the buffer it was decoded from, so
    /// its large fields can be handed to the response body by
    /// reference count instead of copied. The bare view impl above
    /// cannot do this: it has borrows but no buffer to name.
    fn encode_segments(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::connectrpc::EncodedBody, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body_segments(
            self.reborrow(),
            self.bytes(),
            codec,
        )
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::GetDiagnosticsResponse>
for crate::runtime::v1::__buffa::view::GetDiagnosticsResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::GetDiagnosticsResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::GetDiagnosticsResponseView<'static>,
> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self.reborrow(), codec)
    }
    /// An `OwnedView` still holds the buffer it was decoded from, so
    /// its large fields can be handed to the response body by
    /// reference count instead of copied. The bare view impl above
    /// cannot do this: it has borrows but no buffer to name.
    fn encode_segments(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::connectrpc::EncodedBody, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body_segments(
            self.reborrow(),
            self.bytes(),
            codec,
        )
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::ValidateConfigResponse>
for crate::runtime::v1::__buffa::view::ValidateConfigResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::ValidateConfigResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::ValidateConfigResponseView<'static>,
> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self.reborrow(), codec)
    }
    /// An `OwnedView` still holds the buffer it was decoded from, so
    /// its large fields can be handed to the response body by
    /// reference count instead of copied. The bare view impl above
    /// cannot do this: it has borrows but no buffer to name.
    fn encode_segments(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::connectrpc::EncodedBody, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body_segments(
            self.reborrow(),
            self.bytes(),
            codec,
        )
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::DrainResponse>
for crate::runtime::v1::__buffa::view::DrainResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::DrainResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::DrainResponseView<'static>,
> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self.reborrow(), codec)
    }
    /// An `OwnedView` still holds the buffer it was decoded from, so
    /// its large fields can be handed to the response body by
    /// reference count instead of copied. The bare view impl above
    /// cannot do this: it has borrows but no buffer to name.
    fn encode_segments(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::connectrpc::EncodedBody, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body_segments(
            self.reborrow(),
            self.bytes(),
            codec,
        )
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::GetLogLevelResponse>
for crate::runtime::v1::__buffa::view::GetLogLevelResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::GetLogLevelResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::GetLogLevelResponseView<'static>,
> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self.reborrow(), codec)
    }
    /// An `OwnedView` still holds the buffer it was decoded from, so
    /// its large fields can be handed to the response body by
    /// reference count instead of copied. The bare view impl above
    /// cannot do this: it has borrows but no buffer to name.
    fn encode_segments(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::connectrpc::EncodedBody, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body_segments(
            self.reborrow(),
            self.bytes(),
            codec,
        )
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::SetLogLevelResponse>
for crate::runtime::v1::__buffa::view::SetLogLevelResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::SetLogLevelResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::SetLogLevelResponseView<'static>,
> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self.reborrow(), codec)
    }
    /// An `OwnedView` still holds the buffer it was decoded from, so
    /// its large fields can be handed to the response body by
    /// reference count instead of copied. The bare view impl above
    /// cannot do this: it has borrows but no buffer to name.
    fn encode_segments(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::connectrpc::EncodedBody, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body_segments(
            self.reborrow(),
            self.bytes(),
            codec,
        )
    }
}
/// Full service name for this service.
pub const ADMIN_SERVICE_SERVICE_NAME: &str = "tau.runtime.v1.AdminService";
/// Static [`Spec`](::connectrpc::Spec) for the `GetInfo` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const ADMIN_SERVICE_GET_INFO_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.AdminService/GetInfo",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::NoSideEffects);
/// Static [`Spec`](::connectrpc::Spec) for the `GetDiagnostics` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const ADMIN_SERVICE_GET_DIAGNOSTICS_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.AdminService/GetDiagnostics",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::NoSideEffects);
/// Static [`Spec`](::connectrpc::Spec) for the `ValidateConfig` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const ADMIN_SERVICE_VALIDATE_CONFIG_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.AdminService/ValidateConfig",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::NoSideEffects);
/// Static [`Spec`](::connectrpc::Spec) for the `Drain` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const ADMIN_SERVICE_DRAIN_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.AdminService/Drain",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Static [`Spec`](::connectrpc::Spec) for the `GetLogLevel` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const ADMIN_SERVICE_GET_LOG_LEVEL_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.AdminService/GetLogLevel",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::NoSideEffects);
/// Static [`Spec`](::connectrpc::Spec) for the `SetLogLevel` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const ADMIN_SERVICE_SET_LOG_LEVEL_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.AdminService/SetLogLevel",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Looks after a runtime. Whoever may call the server may call this: there is no right to administrate yet. What only the
/// program around the runtime can answer is UNIMPLEMENTED `not_implemented` where it does not.
///
/// Health is told by the standard `grpc.health.v1.Health`, and these files by the standard `grpc.reflection.v1`.
///
/// # Implementing handlers
///
/// Implement methods with plain `async fn`; the returned future satisfies
/// the `Send` bound automatically.
///
/// **Unary and server-streaming requests** arrive as
/// [`ServiceRequest<'_, Req>`](::connectrpc::ServiceRequest): a zero-copy
/// view of the request plus its body, valid for the duration of the call.
/// Fields are read directly (`request.name` is a `&str` into the decoded
/// buffer) and the borrow may be held across `.await` points. Anything
/// that must outlive the call — `tokio::spawn`, channels, server state,
/// or data captured by a returned response stream — takes owned data:
/// call `request.to_owned_message()` (or copy the specific fields)
/// first.
///
/// **Client-streaming and bidi requests** arrive as
/// [`InboundStream<Req>`](::connectrpc::InboundStream) — a
/// `ServiceStream` of [`StreamMessage`](::connectrpc::StreamMessage)s.
/// Each item owns its decoded buffer and is `Send + 'static`, so items
/// can be buffered or moved into spawned tasks; read fields zero-copy
/// through the generated accessor methods (`item.name()`) or `.view()`,
/// convert with `.to_owned_message()`, or yield an item back unchanged —
/// `StreamMessage<M>` implements `Encodable<M>`.
///
/// Request types resolved through `extern_path` (e.g. well-known types
/// from another crate) use the same wrappers; the crate that owns the
/// type must be generated with buffa ≥ 0.9.0 and views enabled so the
/// backing `HasMessageView` impl exists.
///
/// The `impl Encodable<Out>` return bound accepts the owned `Out`, the
/// generated `OutView<'_>` / `OwnedOutView`,
/// [`MaybeBorrowed`](::connectrpc::MaybeBorrowed), or
/// [`PreEncoded`](::connectrpc::PreEncoded) for handlers that encode a
/// non-`'static` view internally and pass the bytes across the handler
/// boundary. View bodies are not emitted for output types mapped via
/// `extern_path` (the impl would be an orphan); return owned for
/// WKT/extern outputs.
///
/// Server-streaming and bidi-streaming methods return
/// `ServiceStream<impl Encodable<Out> + Send + use<Self>>`. The
/// `use<Self>` precise-capturing clause excludes `&self`'s lifetime and
/// the request's lifetime (unary methods use `use<'a, Self>` and may
/// borrow from `&self`), so stream items must be `'static` and cannot
/// borrow from the request. To stream view-encoded data, encode each
/// item inside the stream body and yield
/// [`PreEncoded`](::connectrpc::PreEncoded) — see its `# Streaming
/// example` doc.
#[allow(clippy::type_complexity)]
pub trait AdminService: Send + Sync + 'static {
    /// Says what this server is, what it can do and what its limits are.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn get_info<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::GetInfoRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::GetInfoResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Checks everything that a run needs, and says how the server is.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn get_diagnostics<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<
            '_,
            crate::runtime::v1::GetDiagnosticsRequest,
        >,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::GetDiagnosticsResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Checks a configuration without running anything. A configuration with problems is an answer, not an error.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn validate_config<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<
            '_,
            crate::runtime::v1::ValidateConfigRequest,
        >,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::ValidateConfigResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Takes no new work, lets what is on go on, and answers once nothing is left or the time is over.
    ///
    /// New sessions and runs are refused with UNAVAILABLE `draining`, and health becomes NOT_SERVING. Sessions are released,
    /// so that they can be resumed elsewhere. Extensions stay attached until then, and are told by `Detach` when the process
    /// ends. Asked twice, both wait for the same end, and the shorter time holds. The answer does not end the process.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn drain<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::DrainRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::DrainResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Gets what is logged.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn get_log_level<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::GetLogLevelRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::GetLogLevelResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Sets what is logged, until the server ends or a time is over.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn set_log_level<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::SetLogLevelRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::SetLogLevelResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
}
/// Extension trait for registering a service implementation with a Router.
///
/// This trait is automatically implemented for all types that implement the service trait.
/// Prefer [`Router::add_service`](::connectrpc::Router::add_service) for
/// top-down registration; `register` remains available for compatibility
/// and cases where the service-first call shape is more convenient.
///
/// # Example
///
/// ```rust,ignore
/// use std::sync::Arc;
///
/// let service = Arc::new(MyServiceImpl);
/// let router = service.register(Router::new());
/// ```
pub trait AdminServiceExt: AdminService {
    /// Register this service implementation with a Router.
    ///
    /// Takes ownership of the `Arc<Self>` and returns a new Router with
    /// this service's methods registered.
    fn register(
        self: ::std::sync::Arc<Self>,
        router: ::connectrpc::Router,
    ) -> ::connectrpc::Router;
}
impl<S: AdminService> AdminServiceExt for S {
    fn register(
        self: ::std::sync::Arc<Self>,
        router: ::connectrpc::Router,
    ) -> ::connectrpc::Router {
        router
            .route_view_idempotent(
                ADMIN_SERVICE_SERVICE_NAME,
                "GetInfo",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::GetInfoRequestView<
                                'static,
                            >,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::GetInfoRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.get_info(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::GetInfoResponse>(format)
                        }
                    })
                },
            )
            .with_spec(ADMIN_SERVICE_GET_INFO_SPEC)
            .route_view_idempotent(
                ADMIN_SERVICE_SERVICE_NAME,
                "GetDiagnostics",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::GetDiagnosticsRequestView<
                                'static,
                            >,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::GetDiagnosticsRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.get_diagnostics(ctx, sreq)
                                .await?
                                .encode::<
                                    crate::runtime::v1::GetDiagnosticsResponse,
                                >(format)
                        }
                    })
                },
            )
            .with_spec(ADMIN_SERVICE_GET_DIAGNOSTICS_SPEC)
            .route_view_idempotent(
                ADMIN_SERVICE_SERVICE_NAME,
                "ValidateConfig",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::ValidateConfigRequestView<
                                'static,
                            >,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::ValidateConfigRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.validate_config(ctx, sreq)
                                .await?
                                .encode::<
                                    crate::runtime::v1::ValidateConfigResponse,
                                >(format)
                        }
                    })
                },
            )
            .with_spec(ADMIN_SERVICE_VALIDATE_CONFIG_SPEC)
            .route_view(
                ADMIN_SERVICE_SERVICE_NAME,
                "Drain",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::DrainRequestView<'static>,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::DrainRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.drain(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::DrainResponse>(format)
                        }
                    })
                },
            )
            .with_spec(ADMIN_SERVICE_DRAIN_SPEC)
            .route_view_idempotent(
                ADMIN_SERVICE_SERVICE_NAME,
                "GetLogLevel",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::GetLogLevelRequestView<
                                'static,
                            >,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::GetLogLevelRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.get_log_level(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::GetLogLevelResponse>(format)
                        }
                    })
                },
            )
            .with_spec(ADMIN_SERVICE_GET_LOG_LEVEL_SPEC)
            .route_view(
                ADMIN_SERVICE_SERVICE_NAME,
                "SetLogLevel",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::SetLogLevelRequestView<
                                'static,
                            >,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::SetLogLevelRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.set_log_level(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::SetLogLevelResponse>(format)
                        }
                    })
                },
            )
            .with_spec(ADMIN_SERVICE_SET_LOG_LEVEL_SPEC)
    }
}
/// Type-inference marker used by [`Router::add_service`](::connectrpc::Router::add_service).
#[doc(hidden)]
pub struct AdminServiceRegisterMarker;
impl<S: AdminService> ::connectrpc::ServiceRegister<AdminServiceRegisterMarker>
for ::std::sync::Arc<S> {
    fn register_service(self, router: ::connectrpc::Router) -> ::connectrpc::Router {
        <S as AdminServiceExt>::register(self, router)
    }
}
/// Monomorphic dispatcher for `AdminService`.
///
/// Unlike `.register(Router)` which type-erases each method into an `Arc<dyn ErasedHandler>` stored in a `HashMap`, this struct dispatches via a compile-time `match` on method name: no vtable, no hash lookup.
///
/// # Example
///
/// ```rust,ignore
/// use connectrpc::ConnectRpcService;
///
/// let server = AdminServiceServer::new(MyImpl);
/// let service = ConnectRpcService::new(server);
/// // hand `service` to axum/hyper as a fallback_service
/// ```
pub struct AdminServiceServer<T> {
    inner: ::std::sync::Arc<T>,
}
impl<T: AdminService> AdminServiceServer<T> {
    /// Wrap a service implementation in a monomorphic dispatcher.
    pub fn new(service: T) -> Self {
        Self {
            inner: ::std::sync::Arc::new(service),
        }
    }
    /// Wrap an already-`Arc`'d service implementation.
    pub fn from_arc(inner: ::std::sync::Arc<T>) -> Self {
        Self { inner }
    }
}
impl<T> Clone for AdminServiceServer<T> {
    fn clone(&self) -> Self {
        Self {
            inner: ::std::sync::Arc::clone(&self.inner),
        }
    }
}
impl<T: AdminService> ::connectrpc::Dispatcher for AdminServiceServer<T> {
    #[inline]
    fn lookup(
        &self,
        path: &str,
    ) -> Option<::connectrpc::dispatcher::codegen::MethodDescriptor> {
        let method = path.strip_prefix("tau.runtime.v1.AdminService/")?;
        match method {
            "GetInfo" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(true)
                        .with_spec(ADMIN_SERVICE_GET_INFO_SPEC),
                )
            }
            "GetDiagnostics" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(true)
                        .with_spec(ADMIN_SERVICE_GET_DIAGNOSTICS_SPEC),
                )
            }
            "ValidateConfig" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(true)
                        .with_spec(ADMIN_SERVICE_VALIDATE_CONFIG_SPEC),
                )
            }
            "Drain" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(false)
                        .with_spec(ADMIN_SERVICE_DRAIN_SPEC),
                )
            }
            "GetLogLevel" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(true)
                        .with_spec(ADMIN_SERVICE_GET_LOG_LEVEL_SPEC),
                )
            }
            "SetLogLevel" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(false)
                        .with_spec(ADMIN_SERVICE_SET_LOG_LEVEL_SPEC),
                )
            }
            _ => None,
        }
    }
    fn call_unary(
        &self,
        path: &str,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::Payload,
        format: ::connectrpc::CodecFormat,
    ) -> ::connectrpc::dispatcher::codegen::UnaryResult {
        let Some(method) = path.strip_prefix("tau.runtime.v1.AdminService/") else {
            return ::connectrpc::dispatcher::codegen::unimplemented_unary(path);
        };
        let _ = (&ctx, &request, &format);
        match method {
            "GetInfo" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::GetInfoRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::GetInfoRequestView<'_> = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::GetInfoRequest,
                    >::from_parts(&req, &body);
                    svc.get_info(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::GetInfoResponse>(format)
                })
            }
            "GetDiagnostics" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::GetDiagnosticsRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::GetDiagnosticsRequestView<
                        '_,
                    > = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::GetDiagnosticsRequest,
                    >::from_parts(&req, &body);
                    svc.get_diagnostics(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::GetDiagnosticsResponse>(format)
                })
            }
            "ValidateConfig" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::ValidateConfigRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::ValidateConfigRequestView<
                        '_,
                    > = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::ValidateConfigRequest,
                    >::from_parts(&req, &body);
                    svc.validate_config(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::ValidateConfigResponse>(format)
                })
            }
            "Drain" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::DrainRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::DrainRequestView<'_> = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::DrainRequest,
                    >::from_parts(&req, &body);
                    svc.drain(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::DrainResponse>(format)
                })
            }
            "GetLogLevel" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::GetLogLevelRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::GetLogLevelRequestView<
                        '_,
                    > = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::GetLogLevelRequest,
                    >::from_parts(&req, &body);
                    svc.get_log_level(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::GetLogLevelResponse>(format)
                })
            }
            "SetLogLevel" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::SetLogLevelRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::SetLogLevelRequestView<
                        '_,
                    > = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::SetLogLevelRequest,
                    >::from_parts(&req, &body);
                    svc.set_log_level(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::SetLogLevelResponse>(format)
                })
            }
            _ => ::connectrpc::dispatcher::codegen::unimplemented_unary(path),
        }
    }
    fn call_server_streaming(
        &self,
        path: &str,
        ctx: ::connectrpc::RequestContext,
        request: ::buffa::bytes::Bytes,
        format: ::connectrpc::CodecFormat,
    ) -> ::connectrpc::dispatcher::codegen::StreamingResult {
        let Some(method) = path.strip_prefix("tau.runtime.v1.AdminService/") else {
            return ::connectrpc::dispatcher::codegen::unimplemented_streaming(path);
        };
        let _ = (&ctx, &request, &format);
        match method {
            _ => ::connectrpc::dispatcher::codegen::unimplemented_streaming(path),
        }
    }
    fn call_client_streaming(
        &self,
        path: &str,
        ctx: ::connectrpc::RequestContext,
        requests: ::connectrpc::dispatcher::codegen::RequestStream,
        format: ::connectrpc::CodecFormat,
    ) -> ::connectrpc::dispatcher::codegen::UnaryResult {
        let Some(method) = path.strip_prefix("tau.runtime.v1.AdminService/") else {
            return ::connectrpc::dispatcher::codegen::unimplemented_unary(path);
        };
        let _ = (&ctx, &requests, &format);
        match method {
            _ => ::connectrpc::dispatcher::codegen::unimplemented_unary(path),
        }
    }
    fn call_bidi_streaming(
        &self,
        path: &str,
        ctx: ::connectrpc::RequestContext,
        requests: ::connectrpc::dispatcher::codegen::RequestStream,
        format: ::connectrpc::CodecFormat,
    ) -> ::connectrpc::dispatcher::codegen::StreamingResult {
        let Some(method) = path.strip_prefix("tau.runtime.v1.AdminService/") else {
            return ::connectrpc::dispatcher::codegen::unimplemented_streaming(path);
        };
        let _ = (&ctx, &requests, &format);
        match method {
            _ => ::connectrpc::dispatcher::codegen::unimplemented_streaming(path),
        }
    }
}
/// Client for this service.
///
/// Generic over `T: ClientTransport`. For **gRPC** (HTTP/2), use
/// `Http2Connection` — it has honest `poll_ready` and composes with
/// `tower::balance` for multi-connection load balancing. For **Connect
/// over HTTP/1.1** (or unknown protocol), use `HttpClient`.
///
/// # Example (gRPC / HTTP/2)
///
/// ```rust,ignore
/// use connectrpc::client::{Http2Connection, ClientConfig};
/// use connectrpc::Protocol;
///
/// let uri: http::Uri = "http://localhost:8080".parse()?;
/// let conn = Http2Connection::connect_plaintext(uri.clone()).await?.shared(1024);
/// let config = ClientConfig::new(uri).with_protocol(Protocol::Grpc);
///
/// let client = AdminServiceClient::new(conn, config);
/// let response = client.get_info(request).await?;
/// ```
///
/// # Example (Connect / HTTP/1.1 or ALPN)
///
/// ```rust,ignore
/// use connectrpc::client::{HttpClient, ClientConfig};
///
/// let http = HttpClient::plaintext();  // cleartext http:// only
/// let config = ClientConfig::new("http://localhost:8080".parse()?);
///
/// let client = AdminServiceClient::new(http, config);
/// let response = client.get_info(request).await?;
/// ```
///
/// # Working with the response
///
/// Unary calls return [`UnaryResponse<OwnedView<FooView>>`](::connectrpc::client::UnaryResponse).
/// [`view()`](::connectrpc::client::UnaryResponse::view) borrows the response
/// message, so field access is zero-copy:
///
/// ```rust,ignore
/// let resp = client.get_info(request).await?;
/// let name: &str = resp.view().name;  // borrow into the response buffer
/// ```
///
/// If you need the owned struct (e.g. to store or pass by value), use
/// [`into_owned()`](::connectrpc::client::UnaryResponse::into_owned):
///
/// ```rust,ignore
/// let owned = client.get_info(request).await?.into_owned();
/// ```
///
/// [`into_view()`](::connectrpc::client::UnaryResponse::into_view) keeps the
/// zero-copy decoded body (an `OwnedView`) without copying; field access on it
/// goes through `.reborrow()`. Streaming responses yield one
/// [`StreamMessage`](::connectrpc::StreamMessage) per received message from
/// `.message().await` — read fields zero-copy through the generated accessor
/// methods (`msg.name()`) or `.view()`, or convert with `.to_owned_message()`.
#[derive(Clone)]
pub struct AdminServiceClient<T> {
    transport: T,
    config: ::connectrpc::client::ClientConfig,
}
impl<T> AdminServiceClient<T>
where
    T: ::connectrpc::client::ClientTransport,
    <T::ResponseBody as ::connectrpc::http_body::Body>::Error: ::std::fmt::Display,
{
    /// Create a new client with the given transport and configuration.
    pub fn new(transport: T, config: ::connectrpc::client::ClientConfig) -> Self {
        Self { transport, config }
    }
    /// Get the client configuration.
    pub fn config(&self) -> &::connectrpc::client::ClientConfig {
        &self.config
    }
    /// Get a mutable reference to the client configuration.
    pub fn config_mut(&mut self) -> &mut ::connectrpc::client::ClientConfig {
        &mut self.config
    }
    /// Call the GetInfo RPC. Sends a request to /tau.runtime.v1.AdminService/GetInfo.
    pub async fn get_info(
        &self,
        request: crate::runtime::v1::GetInfoRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::GetInfoResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.get_info_with_options(request, ::connectrpc::client::CallOptions::default())
            .await
    }
    /// Call the GetInfo RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn get_info_with_options(
        &self,
        request: crate::runtime::v1::GetInfoRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::GetInfoResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                ADMIN_SERVICE_GET_INFO_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the GetDiagnostics RPC. Sends a request to /tau.runtime.v1.AdminService/GetDiagnostics.
    pub async fn get_diagnostics(
        &self,
        request: crate::runtime::v1::GetDiagnosticsRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::GetDiagnosticsResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.get_diagnostics_with_options(
                request,
                ::connectrpc::client::CallOptions::default(),
            )
            .await
    }
    /// Call the GetDiagnostics RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn get_diagnostics_with_options(
        &self,
        request: crate::runtime::v1::GetDiagnosticsRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::GetDiagnosticsResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                ADMIN_SERVICE_GET_DIAGNOSTICS_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the ValidateConfig RPC. Sends a request to /tau.runtime.v1.AdminService/ValidateConfig.
    pub async fn validate_config(
        &self,
        request: crate::runtime::v1::ValidateConfigRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::ValidateConfigResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.validate_config_with_options(
                request,
                ::connectrpc::client::CallOptions::default(),
            )
            .await
    }
    /// Call the ValidateConfig RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn validate_config_with_options(
        &self,
        request: crate::runtime::v1::ValidateConfigRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::ValidateConfigResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                ADMIN_SERVICE_VALIDATE_CONFIG_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the Drain RPC. Sends a request to /tau.runtime.v1.AdminService/Drain.
    pub async fn drain(
        &self,
        request: crate::runtime::v1::DrainRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::DrainResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.drain_with_options(request, ::connectrpc::client::CallOptions::default())
            .await
    }
    /// Call the Drain RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn drain_with_options(
        &self,
        request: crate::runtime::v1::DrainRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::DrainResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                ADMIN_SERVICE_DRAIN_SPEC.with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the GetLogLevel RPC. Sends a request to /tau.runtime.v1.AdminService/GetLogLevel.
    pub async fn get_log_level(
        &self,
        request: crate::runtime::v1::GetLogLevelRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::GetLogLevelResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.get_log_level_with_options(
                request,
                ::connectrpc::client::CallOptions::default(),
            )
            .await
    }
    /// Call the GetLogLevel RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn get_log_level_with_options(
        &self,
        request: crate::runtime::v1::GetLogLevelRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::GetLogLevelResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                ADMIN_SERVICE_GET_LOG_LEVEL_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the SetLogLevel RPC. Sends a request to /tau.runtime.v1.AdminService/SetLogLevel.
    pub async fn set_log_level(
        &self,
        request: crate::runtime::v1::SetLogLevelRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::SetLogLevelResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.set_log_level_with_options(
                request,
                ::connectrpc::client::CallOptions::default(),
            )
            .await
    }
    /// Call the SetLogLevel RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn set_log_level_with_options(
        &self,
        request: crate::runtime::v1::SetLogLevelRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::SetLogLevelResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                ADMIN_SERVICE_SET_LOG_LEVEL_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
}
