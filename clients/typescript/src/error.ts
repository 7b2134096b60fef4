import { ConnectError } from "@connectrpc/connect";
import { type ErrorDetail, ErrorDetailSchema } from "./gen/tau/runtime/v1/error_pb.js";

export type { ErrorDetail };

/** What a server says of a failure beside its code: the stable `reason` that programs compare, and what to do. */
export function errorDetail(error: unknown): ErrorDetail | undefined {
  return ConnectError.from(error).findDetails(ErrorDetailSchema)[0];
}
