///Shorthand for `OwnedView<CreateSessionRequestView<'static>>`.
pub type OwnedCreateSessionRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::CreateSessionRequestView<'static>,
>;
///Shorthand for `OwnedView<CreateSessionResponseView<'static>>`.
pub type OwnedCreateSessionResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::CreateSessionResponseView<'static>,
>;
///Shorthand for `OwnedView<GetSessionRequestView<'static>>`.
pub type OwnedGetSessionRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::GetSessionRequestView<'static>,
>;
///Shorthand for `OwnedView<GetSessionResponseView<'static>>`.
pub type OwnedGetSessionResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::GetSessionResponseView<'static>,
>;
///Shorthand for `OwnedView<ListSessionsRequestView<'static>>`.
pub type OwnedListSessionsRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::ListSessionsRequestView<'static>,
>;
///Shorthand for `OwnedView<ListSessionsResponseView<'static>>`.
pub type OwnedListSessionsResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::ListSessionsResponseView<'static>,
>;
///Shorthand for `OwnedView<UpdateSessionRequestView<'static>>`.
pub type OwnedUpdateSessionRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::UpdateSessionRequestView<'static>,
>;
///Shorthand for `OwnedView<UpdateSessionResponseView<'static>>`.
pub type OwnedUpdateSessionResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::UpdateSessionResponseView<'static>,
>;
///Shorthand for `OwnedView<ResumeRequestView<'static>>`.
pub type OwnedResumeRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::ResumeRequestView<'static>,
>;
///Shorthand for `OwnedView<ResumeResponseView<'static>>`.
pub type OwnedResumeResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::ResumeResponseView<'static>,
>;
///Shorthand for `OwnedView<ForkRequestView<'static>>`.
pub type OwnedForkRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::ForkRequestView<'static>,
>;
///Shorthand for `OwnedView<ForkResponseView<'static>>`.
pub type OwnedForkResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::ForkResponseView<'static>,
>;
///Shorthand for `OwnedView<RewindRequestView<'static>>`.
pub type OwnedRewindRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::RewindRequestView<'static>,
>;
///Shorthand for `OwnedView<RewindResponseView<'static>>`.
pub type OwnedRewindResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::RewindResponseView<'static>,
>;
///Shorthand for `OwnedView<CloseRequestView<'static>>`.
pub type OwnedCloseRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::CloseRequestView<'static>,
>;
///Shorthand for `OwnedView<CloseResponseView<'static>>`.
pub type OwnedCloseResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::CloseResponseView<'static>,
>;
///Shorthand for `OwnedView<RunRequestView<'static>>`.
pub type OwnedRunRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::RunRequestView<'static>,
>;
///Shorthand for `OwnedView<RunResponseView<'static>>`.
pub type OwnedRunResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::RunResponseView<'static>,
>;
///Shorthand for `OwnedView<SubscribeRequestView<'static>>`.
pub type OwnedSubscribeRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::SubscribeRequestView<'static>,
>;
///Shorthand for `OwnedView<SubscribeResponseView<'static>>`.
pub type OwnedSubscribeResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::SubscribeResponseView<'static>,
>;
///Shorthand for `OwnedView<InjectContextRequestView<'static>>`.
pub type OwnedInjectContextRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::InjectContextRequestView<'static>,
>;
///Shorthand for `OwnedView<InjectContextResponseView<'static>>`.
pub type OwnedInjectContextResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::InjectContextResponseView<'static>,
>;
///Shorthand for `OwnedView<RespondRequestView<'static>>`.
pub type OwnedRespondRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::RespondRequestView<'static>,
>;
///Shorthand for `OwnedView<RespondResponseView<'static>>`.
pub type OwnedRespondResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::RespondResponseView<'static>,
>;
///Shorthand for `OwnedView<CancelRequestView<'static>>`.
pub type OwnedCancelRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::CancelRequestView<'static>,
>;
///Shorthand for `OwnedView<CancelResponseView<'static>>`.
pub type OwnedCancelResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::CancelResponseView<'static>,
>;
///Shorthand for `OwnedView<InspectContextRequestView<'static>>`.
pub type OwnedInspectContextRequestView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::InspectContextRequestView<'static>,
>;
///Shorthand for `OwnedView<InspectContextResponseView<'static>>`.
pub type OwnedInspectContextResponseView = ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::InspectContextResponseView<'static>,
>;
impl ::connectrpc::Encodable<crate::runtime::v1::CreateSessionResponse>
for crate::runtime::v1::__buffa::view::CreateSessionResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::CreateSessionResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::CreateSessionResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::GetSessionResponse>
for crate::runtime::v1::__buffa::view::GetSessionResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::GetSessionResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::GetSessionResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::ListSessionsResponse>
for crate::runtime::v1::__buffa::view::ListSessionsResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::ListSessionsResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::ListSessionsResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::UpdateSessionResponse>
for crate::runtime::v1::__buffa::view::UpdateSessionResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::UpdateSessionResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::UpdateSessionResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::ResumeResponse>
for crate::runtime::v1::__buffa::view::ResumeResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::ResumeResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::ResumeResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::ForkResponse>
for crate::runtime::v1::__buffa::view::ForkResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::ForkResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::ForkResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::RewindResponse>
for crate::runtime::v1::__buffa::view::RewindResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::RewindResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::RewindResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::CloseResponse>
for crate::runtime::v1::__buffa::view::CloseResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::CloseResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::CloseResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::RunResponse>
for crate::runtime::v1::__buffa::view::RunResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::RunResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::RunResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::SubscribeResponse>
for crate::runtime::v1::__buffa::view::SubscribeResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::SubscribeResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::SubscribeResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::InjectContextResponse>
for crate::runtime::v1::__buffa::view::InjectContextResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::InjectContextResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::InjectContextResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::RespondResponse>
for crate::runtime::v1::__buffa::view::RespondResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::RespondResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::RespondResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::CancelResponse>
for crate::runtime::v1::__buffa::view::CancelResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::CancelResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::CancelResponseView<'static>,
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
impl ::connectrpc::Encodable<crate::runtime::v1::InspectContextResponse>
for crate::runtime::v1::__buffa::view::InspectContextResponseView<'_> {
    fn encode(
        &self,
        codec: ::connectrpc::CodecFormat,
    ) -> ::std::result::Result<::buffa::bytes::Bytes, ::connectrpc::ConnectError> {
        ::connectrpc::__codegen::encode_view_body(self, codec)
    }
}
impl ::connectrpc::Encodable<crate::runtime::v1::InspectContextResponse>
for ::buffa::view::OwnedView<
    crate::runtime::v1::__buffa::view::InspectContextResponseView<'static>,
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
pub const RUNTIME_SERVICE_SERVICE_NAME: &str = "tau.runtime.v1.RuntimeService";
/// Static [`Spec`](::connectrpc::Spec) for the `CreateSession` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_CREATE_SESSION_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/CreateSession",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Static [`Spec`](::connectrpc::Spec) for the `GetSession` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_GET_SESSION_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/GetSession",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::NoSideEffects);
/// Static [`Spec`](::connectrpc::Spec) for the `ListSessions` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_LIST_SESSIONS_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/ListSessions",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::NoSideEffects);
/// Static [`Spec`](::connectrpc::Spec) for the `UpdateSession` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_UPDATE_SESSION_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/UpdateSession",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Static [`Spec`](::connectrpc::Spec) for the `Resume` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_RESUME_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/Resume",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Static [`Spec`](::connectrpc::Spec) for the `Fork` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_FORK_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/Fork",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Static [`Spec`](::connectrpc::Spec) for the `Rewind` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_REWIND_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/Rewind",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Static [`Spec`](::connectrpc::Spec) for the `Close` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_CLOSE_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/Close",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Static [`Spec`](::connectrpc::Spec) for the `Run` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_RUN_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/Run",
        ::connectrpc::StreamType::ServerStream,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Static [`Spec`](::connectrpc::Spec) for the `Subscribe` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_SUBSCRIBE_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/Subscribe",
        ::connectrpc::StreamType::ServerStream,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Static [`Spec`](::connectrpc::Spec) for the `InjectContext` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_INJECT_CONTEXT_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/InjectContext",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Static [`Spec`](::connectrpc::Spec) for the `Respond` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_RESPOND_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/Respond",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Static [`Spec`](::connectrpc::Spec) for the `Cancel` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_CANCEL_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/Cancel",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::Unknown);
/// Static [`Spec`](::connectrpc::Spec) for the `InspectContext` RPC, as seen by the server; the generated client passes it with [`origin`](::connectrpc::Spec::origin) `Client` (compare across sides with [`Spec::same_method`](::connectrpc::Spec::same_method)).
pub const RUNTIME_SERVICE_INSPECT_CONTEXT_SPEC: ::connectrpc::Spec = ::connectrpc::Spec::server(
        "/tau.runtime.v1.RuntimeService/InspectContext",
        ::connectrpc::StreamType::Unary,
    )
    .with_idempotency_level(::connectrpc::IdempotencyLevel::NoSideEffects);
/// Runs sessions.
///
/// What is kept. An answer to a call that changes a session means that the change is durable, as far as the session's
/// `Durability.required_acks` goes. The runtime stores nothing itself: sessions that are not live are known through
/// attached journals. What needs a store beyond that (search, deletion, retention, undoing of files) is offered by the
/// extension that has the store, and not here.
///
/// Deadlines. A client's deadline (`Connect-Timeout-Ms`, `grpc-timeout`) is kept by every call, streams included;
/// without one, unary calls get the server's default (`GetInfo.limits`) and streams none. When it passes, the call ends
/// with DEADLINE_EXCEEDED. It bounds the call and not the session: a run goes on without its stream unless the caller
/// said otherwise, and a change may still become durable. An idempotency key makes it safe to ask again.
///
/// Idempotency. A call that is repeated with the same `idempotency_key` by the same caller is carried out once, and
/// gives the same answer again. For `CreateSession`, `Fork` and `Run` a key holds as long as the journal of the session
/// it made or ran in, across restarts too; for `InjectContext` as long as the session is live. With another request it
/// is ALREADY_EXISTS `idempotency_key_reused`.
///
/// Unknown fields. Those of protobuf are ignored; those of JSON are INVALID_ARGUMENT `malformed`, because they are
/// mostly spelling mistakes.
///
/// Errors. Every call can end with the errors of the first block of error.proto; further ones stand with each call.
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
pub trait RuntimeService: Send + Sync + 'static {
    /// Creates a session and makes it live.
    ///
    /// Errors: NOT_FOUND `unknown_agent`; INVALID_ARGUMENT `unknown_model`, `unknown_tool`, `invalid_config`,
    /// `invalid_history`; ALREADY_EXISTS `session_exists`; PERMISSION_DENIED as `SessionConfig` says; RESOURCE_EXHAUSTED
    /// `too_many_sessions`; UNAVAILABLE `journal_lost`.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn create_session<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<
            '_,
            crate::runtime::v1::CreateSessionRequest,
        >,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::CreateSessionResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Gets a session as it stands, live or known to an attached journal.
    ///
    /// Errors: NOT_FOUND `session_not_found`; UNAVAILABLE `journal_lost`.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn get_session<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::GetSessionRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::GetSessionResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Lists sessions: the live ones, and those that an attached journal knows. Of several journals that can list, the one of
    /// the highest priority is asked.
    ///
    /// Pages are stable against sessions that come and go, and not a snapshot: a session that moves in the order between
    /// two pages may be seen twice or not at all. Errors: INVALID_ARGUMENT `invalid_page_token`; UNAVAILABLE `journal_lost`
    /// where no journal answers.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn list_sessions<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<
            '_,
            crate::runtime::v1::ListSessionsRequest,
        >,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::ListSessionsResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Changes what a session is found by.
    ///
    /// Errors: NOT_FOUND `session_not_found`; FAILED_PRECONDITION `not_live`, `session_closed`; ABORTED `stale_seq`.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn update_session<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<
            '_,
            crate::runtime::v1::UpdateSessionRequest,
        >,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::UpdateSessionResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Makes a session live from an attached journal, and takes up what was interrupted.
    ///
    /// A lost reply is asked for again with the same bytes; calls that change nothing or have an idempotency key run
    /// again; any other call that may have run ends as unknown, and the model is told so. A session that is live already
    /// is left as it is. Errors: NOT_FOUND `session_not_found`; INVALID_ARGUMENT `unknown_model`, `invalid_config`; ABORTED
    /// `session_in_use`, `epoch_superseded`; FAILED_PRECONDITION `session_closed`, `nothing_to_resume`, `newer_version`,
    /// `provider_not_attached`; PERMISSION_DENIED `environment_not_allowed`; RESOURCE_EXHAUSTED `too_many_sessions`;
    /// UNAVAILABLE `journal_lost`, `environment_lost`; DATA_LOSS `journal_history_lost`, `journal_hash_mismatch`.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn resume<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::ResumeRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::ResumeResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Copies a session up to a place into a new session, which is live. The other one is not touched and need not be
    /// live.
    ///
    /// What was under way at the place has no result in the copy. Errors: NOT_FOUND `session_not_found`; OUT_OF_RANGE
    /// `no_such_place`; ALREADY_EXISTS `session_exists`; FAILED_PRECONDITION `provider_not_attached`; PERMISSION_DENIED
    /// `environment_not_allowed`; RESOURCE_EXHAUSTED `too_many_sessions`; UNAVAILABLE `journal_lost`, `environment_lost`.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn fork<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::ForkRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::ForkResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Takes a session back to an earlier place: whatever is on is stopped, and what came after no longer counts. The
    /// journal keeps it, and what tools did is not undone.
    ///
    /// Errors: NOT_FOUND `session_not_found`; FAILED_PRECONDITION `not_live`, `session_closed`; OUT_OF_RANGE
    /// `no_such_place`; ABORTED `stale_seq`.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn rewind<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::RewindRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::RewindResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Ends a session here: for good, or so that it can be resumed.
    ///
    /// Errors: NOT_FOUND `session_not_found`; FAILED_PRECONDITION `session_busy`, also for a subagent, which ends with the call
    /// that started it; `not_live` where a session that is not live was to be closed for good. One that is ended already, in
    /// the way asked for, is no error.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn close<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::CloseRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::CloseResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Asks a session for work and streams what happens until the run ends.
    ///
    /// The first message is `accepted`, the last one `result`; a stream that ends without `result` says nothing of the
    /// run, which `Subscribe` or the same call with the same key follows further. A prompt waits for the runs before it. A
    /// run that fails is a `result`, not an error of the call. Errors: NOT_FOUND `session_not_found`; FAILED_PRECONDITION
    /// `not_live`, `session_closed`, `context_not_supported`; INVALID_ARGUMENT `invalid_content`; ABORTED `stale_seq`;
    /// RESOURCE_EXHAUSTED `too_many_queued`, `subscriber_too_slow`; and, where the session stops meanwhile, the `journal_`
    /// reasons.
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call (until the response stream is returned);
    /// message fields are read directly on it (zero-copy). Data the
    /// returned stream needs must be copied out or converted via
    /// `.to_owned_message()`.
    fn run(
        &self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::RunRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            ::connectrpc::ServiceStream<
                impl ::connectrpc::Encodable<
                    crate::runtime::v1::RunResponse,
                > + Send + use<Self>,
            >,
        >,
    > + Send;
    /// Follows sessions: the events after a place, then those that come, and what streams between them.
    ///
    /// Reconnecting, replaying and following with many clients are this call. Sessions that are not live are read from an
    /// attached journal. Errors: NOT_FOUND `session_not_found`; OUT_OF_RANGE `no_such_place` for a place beyond the last
    /// event; INVALID_ARGUMENT `unknown_event_kind`; RESOURCE_EXHAUSTED `subscriber_too_slow`. What ends one of many
    /// sessions is told in its message and ends no stream.
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call (until the response stream is returned);
    /// message fields are read directly on it (zero-copy). Data the
    /// returned stream needs must be copied out or converted via
    /// `.to_owned_message()`.
    fn subscribe(
        &self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::SubscribeRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            ::connectrpc::ServiceStream<
                impl ::connectrpc::Encodable<
                    crate::runtime::v1::SubscribeResponse,
                > + Send + use<Self>,
            >,
        >,
    > + Send;
    /// Adds context to a session. It lands at the next safe point: the model reads it with its next request.
    ///
    /// Errors: NOT_FOUND `session_not_found`; FAILED_PRECONDITION `not_live`, `session_closed`, `context_not_supported`;
    /// INVALID_ARGUMENT `invalid_content`.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn inject_context<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<
            '_,
            crate::runtime::v1::InjectContextRequest,
        >,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::InjectContextResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Answers a request for permission, a question or a plan. The first answer wins; everybody is told by the event, and
    /// whoever comes later by the error.
    ///
    /// Errors: NOT_FOUND `session_not_found`; FAILED_PRECONDITION `not_live`, `not_waiting`.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn respond<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::RespondRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::RespondResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Cancels a tool call, a subagent, a run, or everything of a session. When it returns, the cancel is decided and
    /// everything it stops is being stopped; stopping waits for no journal.
    ///
    /// Errors: NOT_FOUND `session_not_found`; FAILED_PRECONDITION `not_live`, `nothing_to_cancel`.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn cancel<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<'_, crate::runtime::v1::CancelRequest>,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::CancelResponse,
            > + Send + use<'a, Self>,
        >,
    > + Send;
    /// Says what fills the model's window, by category, and gives the conversation as the model reads it if asked.
    ///
    /// Errors: NOT_FOUND `session_not_found`.
    ///
    /// `'a` lets the response body borrow from `&self` (e.g. server-resident state).
    ///
    /// `request` is borrowed from the request body and is valid for the
    /// duration of the call; message fields are read directly on it
    /// (zero-copy). The response cannot borrow from `request` — use
    /// `.to_owned_message()` (or copy the specific fields) for anything
    /// returned, stored, or moved into `tokio::spawn`.
    fn inspect_context<'a>(
        &'a self,
        ctx: ::connectrpc::RequestContext,
        request: ::connectrpc::ServiceRequest<
            '_,
            crate::runtime::v1::InspectContextRequest,
        >,
    ) -> impl ::std::future::Future<
        Output = ::connectrpc::ServiceResult<
            impl ::connectrpc::Encodable<
                crate::runtime::v1::InspectContextResponse,
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
pub trait RuntimeServiceExt: RuntimeService {
    /// Register this service implementation with a Router.
    ///
    /// Takes ownership of the `Arc<Self>` and returns a new Router with
    /// this service's methods registered.
    fn register(
        self: ::std::sync::Arc<Self>,
        router: ::connectrpc::Router,
    ) -> ::connectrpc::Router;
}
impl<S: RuntimeService> RuntimeServiceExt for S {
    fn register(
        self: ::std::sync::Arc<Self>,
        router: ::connectrpc::Router,
    ) -> ::connectrpc::Router {
        router
            .route_view(
                RUNTIME_SERVICE_SERVICE_NAME,
                "CreateSession",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::CreateSessionRequestView<
                                'static,
                            >,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::CreateSessionRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.create_session(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::CreateSessionResponse>(format)
                        }
                    })
                },
            )
            .with_spec(RUNTIME_SERVICE_CREATE_SESSION_SPEC)
            .route_view_idempotent(
                RUNTIME_SERVICE_SERVICE_NAME,
                "GetSession",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::GetSessionRequestView<
                                'static,
                            >,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::GetSessionRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.get_session(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::GetSessionResponse>(format)
                        }
                    })
                },
            )
            .with_spec(RUNTIME_SERVICE_GET_SESSION_SPEC)
            .route_view_idempotent(
                RUNTIME_SERVICE_SERVICE_NAME,
                "ListSessions",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::ListSessionsRequestView<
                                'static,
                            >,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::ListSessionsRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.list_sessions(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::ListSessionsResponse>(format)
                        }
                    })
                },
            )
            .with_spec(RUNTIME_SERVICE_LIST_SESSIONS_SPEC)
            .route_view(
                RUNTIME_SERVICE_SERVICE_NAME,
                "UpdateSession",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::UpdateSessionRequestView<
                                'static,
                            >,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::UpdateSessionRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.update_session(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::UpdateSessionResponse>(format)
                        }
                    })
                },
            )
            .with_spec(RUNTIME_SERVICE_UPDATE_SESSION_SPEC)
            .route_view(
                RUNTIME_SERVICE_SERVICE_NAME,
                "Resume",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::ResumeRequestView<'static>,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::ResumeRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.resume(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::ResumeResponse>(format)
                        }
                    })
                },
            )
            .with_spec(RUNTIME_SERVICE_RESUME_SPEC)
            .route_view(
                RUNTIME_SERVICE_SERVICE_NAME,
                "Fork",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::ForkRequestView<'static>,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::ForkRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.fork(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::ForkResponse>(format)
                        }
                    })
                },
            )
            .with_spec(RUNTIME_SERVICE_FORK_SPEC)
            .route_view(
                RUNTIME_SERVICE_SERVICE_NAME,
                "Rewind",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::RewindRequestView<'static>,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::RewindRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.rewind(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::RewindResponse>(format)
                        }
                    })
                },
            )
            .with_spec(RUNTIME_SERVICE_REWIND_SPEC)
            .route_view(
                RUNTIME_SERVICE_SERVICE_NAME,
                "Close",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::CloseRequestView<'static>,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::CloseRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.close(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::CloseResponse>(format)
                        }
                    })
                },
            )
            .with_spec(RUNTIME_SERVICE_CLOSE_SPEC)
            .route_view_server_stream::<
                _,
                _,
                crate::runtime::v1::RunResponse,
            >(
                RUNTIME_SERVICE_SERVICE_NAME,
                "Run",
                ::connectrpc::view_streaming_handler_fn({
                    let svc = ::std::sync::Arc::clone(&self);
                    move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::RunRequestView<'static>,
                        >|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::RunRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.run(ctx, sreq).await
                        }
                    }
                }),
            )
            .with_spec(RUNTIME_SERVICE_RUN_SPEC)
            .route_view_server_stream::<
                _,
                _,
                crate::runtime::v1::SubscribeResponse,
            >(
                RUNTIME_SERVICE_SERVICE_NAME,
                "Subscribe",
                ::connectrpc::view_streaming_handler_fn({
                    let svc = ::std::sync::Arc::clone(&self);
                    move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::SubscribeRequestView<
                                'static,
                            >,
                        >|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::SubscribeRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.subscribe(ctx, sreq).await
                        }
                    }
                }),
            )
            .with_spec(RUNTIME_SERVICE_SUBSCRIBE_SPEC)
            .route_view(
                RUNTIME_SERVICE_SERVICE_NAME,
                "InjectContext",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::InjectContextRequestView<
                                'static,
                            >,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::InjectContextRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.inject_context(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::InjectContextResponse>(format)
                        }
                    })
                },
            )
            .with_spec(RUNTIME_SERVICE_INJECT_CONTEXT_SPEC)
            .route_view(
                RUNTIME_SERVICE_SERVICE_NAME,
                "Respond",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::RespondRequestView<
                                'static,
                            >,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::RespondRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.respond(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::RespondResponse>(format)
                        }
                    })
                },
            )
            .with_spec(RUNTIME_SERVICE_RESPOND_SPEC)
            .route_view(
                RUNTIME_SERVICE_SERVICE_NAME,
                "Cancel",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::CancelRequestView<'static>,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::CancelRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.cancel(ctx, sreq)
                                .await?
                                .encode::<crate::runtime::v1::CancelResponse>(format)
                        }
                    })
                },
            )
            .with_spec(RUNTIME_SERVICE_CANCEL_SPEC)
            .route_view_idempotent(
                RUNTIME_SERVICE_SERVICE_NAME,
                "InspectContext",
                {
                    let svc = ::std::sync::Arc::clone(&self);
                    ::connectrpc::view_handler_fn(move |
                        ctx,
                        req: ::buffa::view::OwnedView<
                            crate::runtime::v1::__buffa::view::InspectContextRequestView<
                                'static,
                            >,
                        >,
                        format|
                    {
                        let svc = ::std::sync::Arc::clone(&svc);
                        async move {
                            let sreq = ::connectrpc::ServiceRequest::<
                                crate::runtime::v1::InspectContextRequest,
                            >::from_parts(req.reborrow(), req.bytes());
                            svc.inspect_context(ctx, sreq)
                                .await?
                                .encode::<
                                    crate::runtime::v1::InspectContextResponse,
                                >(format)
                        }
                    })
                },
            )
            .with_spec(RUNTIME_SERVICE_INSPECT_CONTEXT_SPEC)
    }
}
/// Type-inference marker used by [`Router::add_service`](::connectrpc::Router::add_service).
#[doc(hidden)]
pub struct RuntimeServiceRegisterMarker;
impl<S: RuntimeService> ::connectrpc::ServiceRegister<RuntimeServiceRegisterMarker>
for ::std::sync::Arc<S> {
    fn register_service(self, router: ::connectrpc::Router) -> ::connectrpc::Router {
        <S as RuntimeServiceExt>::register(self, router)
    }
}
/// Monomorphic dispatcher for `RuntimeService`.
///
/// Unlike `.register(Router)` which type-erases each method into an `Arc<dyn ErasedHandler>` stored in a `HashMap`, this struct dispatches via a compile-time `match` on method name: no vtable, no hash lookup.
///
/// # Example
///
/// ```rust,ignore
/// use connectrpc::ConnectRpcService;
///
/// let server = RuntimeServiceServer::new(MyImpl);
/// let service = ConnectRpcService::new(server);
/// // hand `service` to axum/hyper as a fallback_service
/// ```
pub struct RuntimeServiceServer<T> {
    inner: ::std::sync::Arc<T>,
}
impl<T: RuntimeService> RuntimeServiceServer<T> {
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
impl<T> Clone for RuntimeServiceServer<T> {
    fn clone(&self) -> Self {
        Self {
            inner: ::std::sync::Arc::clone(&self.inner),
        }
    }
}
impl<T: RuntimeService> ::connectrpc::Dispatcher for RuntimeServiceServer<T> {
    #[inline]
    fn lookup(
        &self,
        path: &str,
    ) -> Option<::connectrpc::dispatcher::codegen::MethodDescriptor> {
        let method = path.strip_prefix("tau.runtime.v1.RuntimeService/")?;
        match method {
            "CreateSession" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(false)
                        .with_spec(RUNTIME_SERVICE_CREATE_SESSION_SPEC),
                )
            }
            "GetSession" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(true)
                        .with_spec(RUNTIME_SERVICE_GET_SESSION_SPEC),
                )
            }
            "ListSessions" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(true)
                        .with_spec(RUNTIME_SERVICE_LIST_SESSIONS_SPEC),
                )
            }
            "UpdateSession" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(false)
                        .with_spec(RUNTIME_SERVICE_UPDATE_SESSION_SPEC),
                )
            }
            "Resume" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(false)
                        .with_spec(RUNTIME_SERVICE_RESUME_SPEC),
                )
            }
            "Fork" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(false)
                        .with_spec(RUNTIME_SERVICE_FORK_SPEC),
                )
            }
            "Rewind" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(false)
                        .with_spec(RUNTIME_SERVICE_REWIND_SPEC),
                )
            }
            "Close" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(false)
                        .with_spec(RUNTIME_SERVICE_CLOSE_SPEC),
                )
            }
            "Run" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::server_streaming()
                        .with_spec(RUNTIME_SERVICE_RUN_SPEC),
                )
            }
            "Subscribe" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::server_streaming()
                        .with_spec(RUNTIME_SERVICE_SUBSCRIBE_SPEC),
                )
            }
            "InjectContext" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(false)
                        .with_spec(RUNTIME_SERVICE_INJECT_CONTEXT_SPEC),
                )
            }
            "Respond" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(false)
                        .with_spec(RUNTIME_SERVICE_RESPOND_SPEC),
                )
            }
            "Cancel" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(false)
                        .with_spec(RUNTIME_SERVICE_CANCEL_SPEC),
                )
            }
            "InspectContext" => {
                Some(
                    ::connectrpc::dispatcher::codegen::MethodDescriptor::unary(true)
                        .with_spec(RUNTIME_SERVICE_INSPECT_CONTEXT_SPEC),
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
        let Some(method) = path.strip_prefix("tau.runtime.v1.RuntimeService/") else {
            return ::connectrpc::dispatcher::codegen::unimplemented_unary(path);
        };
        let _ = (&ctx, &request, &format);
        match method {
            "CreateSession" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::CreateSessionRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::CreateSessionRequestView<
                        '_,
                    > = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::CreateSessionRequest,
                    >::from_parts(&req, &body);
                    svc.create_session(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::CreateSessionResponse>(format)
                })
            }
            "GetSession" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::GetSessionRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::GetSessionRequestView<
                        '_,
                    > = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::GetSessionRequest,
                    >::from_parts(&req, &body);
                    svc.get_session(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::GetSessionResponse>(format)
                })
            }
            "ListSessions" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::ListSessionsRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::ListSessionsRequestView<
                        '_,
                    > = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::ListSessionsRequest,
                    >::from_parts(&req, &body);
                    svc.list_sessions(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::ListSessionsResponse>(format)
                })
            }
            "UpdateSession" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::UpdateSessionRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::UpdateSessionRequestView<
                        '_,
                    > = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::UpdateSessionRequest,
                    >::from_parts(&req, &body);
                    svc.update_session(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::UpdateSessionResponse>(format)
                })
            }
            "Resume" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::ResumeRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::ResumeRequestView<'_> = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::ResumeRequest,
                    >::from_parts(&req, &body);
                    svc.resume(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::ResumeResponse>(format)
                })
            }
            "Fork" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::ForkRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::ForkRequestView<'_> = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::ForkRequest,
                    >::from_parts(&req, &body);
                    svc.fork(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::ForkResponse>(format)
                })
            }
            "Rewind" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::RewindRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::RewindRequestView<'_> = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::RewindRequest,
                    >::from_parts(&req, &body);
                    svc.rewind(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::RewindResponse>(format)
                })
            }
            "Close" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::CloseRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::CloseRequestView<'_> = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::CloseRequest,
                    >::from_parts(&req, &body);
                    svc.close(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::CloseResponse>(format)
                })
            }
            "InjectContext" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::InjectContextRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::InjectContextRequestView<
                        '_,
                    > = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::InjectContextRequest,
                    >::from_parts(&req, &body);
                    svc.inject_context(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::InjectContextResponse>(format)
                })
            }
            "Respond" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::RespondRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::RespondRequestView<'_> = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::RespondRequest,
                    >::from_parts(&req, &body);
                    svc.respond(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::RespondResponse>(format)
                })
            }
            "Cancel" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::CancelRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::CancelRequestView<'_> = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::CancelRequest,
                    >::from_parts(&req, &body);
                    svc.cancel(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::CancelResponse>(format)
                })
            }
            "InspectContext" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::InspectContextRequest,
                    >(request.encoded()?, format)?;
                    let req: crate::runtime::v1::__buffa::view::InspectContextRequestView<
                        '_,
                    > = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::InspectContextRequest,
                    >::from_parts(&req, &body);
                    svc.inspect_context(ctx, req)
                        .await?
                        .encode::<crate::runtime::v1::InspectContextResponse>(format)
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
        let Some(method) = path.strip_prefix("tau.runtime.v1.RuntimeService/") else {
            return ::connectrpc::dispatcher::codegen::unimplemented_streaming(path);
        };
        let _ = (&ctx, &request, &format);
        match method {
            "Run" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::RunRequest,
                    >(request, format)?;
                    let req: crate::runtime::v1::__buffa::view::RunRequestView<'_> = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::RunRequest,
                    >::from_parts(&req, &body);
                    let resp = svc.run(ctx, req).await?;
                    Ok(
                        resp
                            .map_body(|s| ::connectrpc::dispatcher::codegen::encode_response_stream::<
                                crate::runtime::v1::RunResponse,
                                _,
                                _,
                            >(s, format)),
                    )
                })
            }
            "Subscribe" => {
                let svc = ::std::sync::Arc::clone(&self.inner);
                Box::pin(async move {
                    let body = ::connectrpc::dispatcher::codegen::request_proto_bytes::<
                        crate::runtime::v1::SubscribeRequest,
                    >(request, format)?;
                    let req: crate::runtime::v1::__buffa::view::SubscribeRequestView<
                        '_,
                    > = ::connectrpc::dispatcher::codegen::decode_borrowed_request_view(
                        &body,
                        ctx.decode_options(),
                    )?;
                    let req = ::connectrpc::ServiceRequest::<
                        crate::runtime::v1::SubscribeRequest,
                    >::from_parts(&req, &body);
                    let resp = svc.subscribe(ctx, req).await?;
                    Ok(
                        resp
                            .map_body(|s| ::connectrpc::dispatcher::codegen::encode_response_stream::<
                                crate::runtime::v1::SubscribeResponse,
                                _,
                                _,
                            >(s, format)),
                    )
                })
            }
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
        let Some(method) = path.strip_prefix("tau.runtime.v1.RuntimeService/") else {
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
        let Some(method) = path.strip_prefix("tau.runtime.v1.RuntimeService/") else {
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
/// let client = RuntimeServiceClient::new(conn, config);
/// let response = client.create_session(request).await?;
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
/// let client = RuntimeServiceClient::new(http, config);
/// let response = client.create_session(request).await?;
/// ```
///
/// # Working with the response
///
/// Unary calls return [`UnaryResponse<OwnedView<FooView>>`](::connectrpc::client::UnaryResponse).
/// [`view()`](::connectrpc::client::UnaryResponse::view) borrows the response
/// message, so field access is zero-copy:
///
/// ```rust,ignore
/// let resp = client.create_session(request).await?;
/// let name: &str = resp.view().name;  // borrow into the response buffer
/// ```
///
/// If you need the owned struct (e.g. to store or pass by value), use
/// [`into_owned()`](::connectrpc::client::UnaryResponse::into_owned):
///
/// ```rust,ignore
/// let owned = client.create_session(request).await?.into_owned();
/// ```
///
/// [`into_view()`](::connectrpc::client::UnaryResponse::into_view) keeps the
/// zero-copy decoded body (an `OwnedView`) without copying; field access on it
/// goes through `.reborrow()`. Streaming responses yield one
/// [`StreamMessage`](::connectrpc::StreamMessage) per received message from
/// `.message().await` — read fields zero-copy through the generated accessor
/// methods (`msg.name()`) or `.view()`, or convert with `.to_owned_message()`.
#[derive(Clone)]
pub struct RuntimeServiceClient<T> {
    transport: T,
    config: ::connectrpc::client::ClientConfig,
}
impl<T> RuntimeServiceClient<T>
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
    /// Call the CreateSession RPC. Sends a request to /tau.runtime.v1.RuntimeService/CreateSession.
    pub async fn create_session(
        &self,
        request: crate::runtime::v1::CreateSessionRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::CreateSessionResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.create_session_with_options(
                request,
                ::connectrpc::client::CallOptions::default(),
            )
            .await
    }
    /// Call the CreateSession RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn create_session_with_options(
        &self,
        request: crate::runtime::v1::CreateSessionRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::CreateSessionResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_CREATE_SESSION_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the GetSession RPC. Sends a request to /tau.runtime.v1.RuntimeService/GetSession.
    pub async fn get_session(
        &self,
        request: crate::runtime::v1::GetSessionRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::GetSessionResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.get_session_with_options(
                request,
                ::connectrpc::client::CallOptions::default(),
            )
            .await
    }
    /// Call the GetSession RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn get_session_with_options(
        &self,
        request: crate::runtime::v1::GetSessionRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::GetSessionResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_GET_SESSION_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the ListSessions RPC. Sends a request to /tau.runtime.v1.RuntimeService/ListSessions.
    pub async fn list_sessions(
        &self,
        request: crate::runtime::v1::ListSessionsRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::ListSessionsResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.list_sessions_with_options(
                request,
                ::connectrpc::client::CallOptions::default(),
            )
            .await
    }
    /// Call the ListSessions RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn list_sessions_with_options(
        &self,
        request: crate::runtime::v1::ListSessionsRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::ListSessionsResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_LIST_SESSIONS_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the UpdateSession RPC. Sends a request to /tau.runtime.v1.RuntimeService/UpdateSession.
    pub async fn update_session(
        &self,
        request: crate::runtime::v1::UpdateSessionRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::UpdateSessionResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.update_session_with_options(
                request,
                ::connectrpc::client::CallOptions::default(),
            )
            .await
    }
    /// Call the UpdateSession RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn update_session_with_options(
        &self,
        request: crate::runtime::v1::UpdateSessionRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::UpdateSessionResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_UPDATE_SESSION_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the Resume RPC. Sends a request to /tau.runtime.v1.RuntimeService/Resume.
    pub async fn resume(
        &self,
        request: crate::runtime::v1::ResumeRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::ResumeResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.resume_with_options(request, ::connectrpc::client::CallOptions::default())
            .await
    }
    /// Call the Resume RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn resume_with_options(
        &self,
        request: crate::runtime::v1::ResumeRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::ResumeResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_RESUME_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the Fork RPC. Sends a request to /tau.runtime.v1.RuntimeService/Fork.
    pub async fn fork(
        &self,
        request: crate::runtime::v1::ForkRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::ForkResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.fork_with_options(request, ::connectrpc::client::CallOptions::default())
            .await
    }
    /// Call the Fork RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn fork_with_options(
        &self,
        request: crate::runtime::v1::ForkRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::ForkResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_FORK_SPEC.with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the Rewind RPC. Sends a request to /tau.runtime.v1.RuntimeService/Rewind.
    pub async fn rewind(
        &self,
        request: crate::runtime::v1::RewindRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::RewindResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.rewind_with_options(request, ::connectrpc::client::CallOptions::default())
            .await
    }
    /// Call the Rewind RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn rewind_with_options(
        &self,
        request: crate::runtime::v1::RewindRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::RewindResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_REWIND_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the Close RPC. Sends a request to /tau.runtime.v1.RuntimeService/Close.
    pub async fn close(
        &self,
        request: crate::runtime::v1::CloseRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::CloseResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.close_with_options(request, ::connectrpc::client::CallOptions::default())
            .await
    }
    /// Call the Close RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn close_with_options(
        &self,
        request: crate::runtime::v1::CloseRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::CloseResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_CLOSE_SPEC.with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the Run RPC. Sends a request to /tau.runtime.v1.RuntimeService/Run.
    pub async fn run(
        &self,
        request: crate::runtime::v1::RunRequest,
    ) -> Result<
        ::connectrpc::client::ServerStream<
            T::ResponseBody,
            crate::runtime::v1::__buffa::view::RunResponseView<'static>,
        >,
        ::connectrpc::ConnectError,
    > {
        self.run_with_options(request, ::connectrpc::client::CallOptions::default())
            .await
    }
    /// Call the Run RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn run_with_options(
        &self,
        request: crate::runtime::v1::RunRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::ServerStream<
            T::ResponseBody,
            crate::runtime::v1::__buffa::view::RunResponseView<'static>,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_server_stream(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_RUN_SPEC.with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the Subscribe RPC. Sends a request to /tau.runtime.v1.RuntimeService/Subscribe.
    pub async fn subscribe(
        &self,
        request: crate::runtime::v1::SubscribeRequest,
    ) -> Result<
        ::connectrpc::client::ServerStream<
            T::ResponseBody,
            crate::runtime::v1::__buffa::view::SubscribeResponseView<'static>,
        >,
        ::connectrpc::ConnectError,
    > {
        self.subscribe_with_options(
                request,
                ::connectrpc::client::CallOptions::default(),
            )
            .await
    }
    /// Call the Subscribe RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn subscribe_with_options(
        &self,
        request: crate::runtime::v1::SubscribeRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::ServerStream<
            T::ResponseBody,
            crate::runtime::v1::__buffa::view::SubscribeResponseView<'static>,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_server_stream(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_SUBSCRIBE_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the InjectContext RPC. Sends a request to /tau.runtime.v1.RuntimeService/InjectContext.
    pub async fn inject_context(
        &self,
        request: crate::runtime::v1::InjectContextRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::InjectContextResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.inject_context_with_options(
                request,
                ::connectrpc::client::CallOptions::default(),
            )
            .await
    }
    /// Call the InjectContext RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn inject_context_with_options(
        &self,
        request: crate::runtime::v1::InjectContextRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::InjectContextResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_INJECT_CONTEXT_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the Respond RPC. Sends a request to /tau.runtime.v1.RuntimeService/Respond.
    pub async fn respond(
        &self,
        request: crate::runtime::v1::RespondRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::RespondResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.respond_with_options(request, ::connectrpc::client::CallOptions::default())
            .await
    }
    /// Call the Respond RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn respond_with_options(
        &self,
        request: crate::runtime::v1::RespondRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::RespondResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_RESPOND_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the Cancel RPC. Sends a request to /tau.runtime.v1.RuntimeService/Cancel.
    pub async fn cancel(
        &self,
        request: crate::runtime::v1::CancelRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::CancelResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.cancel_with_options(request, ::connectrpc::client::CallOptions::default())
            .await
    }
    /// Call the Cancel RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn cancel_with_options(
        &self,
        request: crate::runtime::v1::CancelRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::CancelResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_CANCEL_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
    /// Call the InspectContext RPC. Sends a request to /tau.runtime.v1.RuntimeService/InspectContext.
    pub async fn inspect_context(
        &self,
        request: crate::runtime::v1::InspectContextRequest,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::InspectContextResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        self.inspect_context_with_options(
                request,
                ::connectrpc::client::CallOptions::default(),
            )
            .await
    }
    /// Call the InspectContext RPC with explicit per-call options. Options override [`ClientConfig`](::connectrpc::client::ClientConfig) defaults.
    pub async fn inspect_context_with_options(
        &self,
        request: crate::runtime::v1::InspectContextRequest,
        options: ::connectrpc::client::CallOptions,
    ) -> Result<
        ::connectrpc::client::UnaryResponse<
            ::buffa::view::OwnedView<
                crate::runtime::v1::__buffa::view::InspectContextResponseView<'static>,
            >,
        >,
        ::connectrpc::ConnectError,
    > {
        ::connectrpc::client::call_unary(
                &self.transport,
                &self.config,
                RUNTIME_SERVICE_INSPECT_CONTEXT_SPEC
                    .with_origin(::connectrpc::SpecOrigin::Client),
                request,
                options,
            )
            .await
    }
}
