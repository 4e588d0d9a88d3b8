import { type OutgoingHttpHeaders } from 'node:http2';

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export enum StatusCode {
  OK = 0,
  CANCELLED = 1,
  UNKNOWN = 2,
  INVALID_ARGUMENT = 3,
  DEADLINE_EXCEEDED = 4,
  NOT_FOUND = 5,
  ALREADY_EXISTS = 6,
  PERMISSION_DENIED = 7,
  RESOURCE_EXHAUSTED = 8,
  FAILED_PRECONDITION = 9,
  ABORTED = 10,
  UNIMPLEMENTED = 12,
  INTERNAL = 13,
  UNAVAILABLE = 14,
  DATA_LOSS = 15,
  UNAUTHENTICATED = 16,
}

/** Ends a call with a status other than OK. The official client maps the trailers to its error classes. */
export class GrpcError extends Error {
  override readonly name: string = 'GrpcError';

  constructor(
    readonly code: StatusCode,
    message: string,
    readonly trailers: Readonly<Record<string, string | Buffer>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** `grpc-message` is printable ASCII; the rest is percent-encoded UTF-8. */
function encodeMessage(message: string): string {
  return message.replace(/[^\x20-\x24\x26-\x7e]+/g, (text) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** Trailer values are ASCII; names that end in `-bin` carry base64. */
function encodeTrailer(name: string, value: string | Buffer): string {
  if (name.endsWith('-bin')) return Buffer.from(value).toString('base64');
  return Buffer.from(value).toString('latin1');
}

export function statusHeaders(
  code: StatusCode,
  message = '',
  trailers: Readonly<Record<string, string | Buffer>> = {},
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { 'grpc-status': String(code) };
  if (message !== '') headers['grpc-message'] = encodeMessage(message);
  for (const [name, value] of Object.entries(trailers)) headers[name] = encodeTrailer(name, value);
  return headers;
}
