import { type ClientHttp2Session, connect } from 'node:http2';
import { type Socket } from 'node:net';
import { codeOf, ProbeFailure } from '../connection/connection-errors.js';
import { type ProbeSession } from '../connection/probe-session.js';
import { MAX_HEADER_BYTES } from '../connection/request-headers.js';
import { type BodyLimits, BodyReader, type HttpRequest, type HttpResponse } from './http-exchange.js';

/** As many as {@link MAX_HEADER_BYTES} can hold, each counted with 32 bytes; Node's default is 128. */
const MAX_HEADERS = MAX_HEADER_BYTES / 32;
/** Headers that HTTP/2 replaces (RFC 9113, 8.2.2 and 8.3.1). */
const REPLACED_HEADERS: readonly string[] = ['host', 'connection'];
/** Code of Node for a stream that the server has reset. */
const STREAM_ERROR = 'ERR_HTTP2_STREAM_ERROR';
/** RFC 9113, 7: names by code. */
const STREAM_ERRORS: readonly string[] = [
  'no error',
  'protocol error',
  'internal error',
  'flow control error',
  'settings timeout',
  'stream closed',
  'frame size error',
  'refused stream',
  'cancel',
  'compression error',
  'connect error',
  'enhance your calm',
  'inadequate security',
  'HTTP/1.1 required',
];

/**
 * Sends a request by HTTP/2 over a connection for which the server has chosen it, and reads the response. The first
 * byte is that of the response: a server may send its settings before.
 *
 * @throws ProbeFailure or a connection error, also if the connection or the stream ends within the response
 */
export async function sendHttp2(
  session: ProbeSession,
  socket: Socket,
  request: HttpRequest,
  limits: BodyLimits,
): Promise<HttpResponse> {
  const connection = connect(`https://${request.headers.host}`, {
    createConnection: () => socket,
    settings: { enablePush: false, maxHeaderListSize: MAX_HEADER_BYTES },
    maxHeaderListPairs: MAX_HEADERS,
  });
  try {
    return await exchange(session, socket, connection, request, limits);
  } catch (error) {
    throw isHttp2Error(error) ? new ProbeFailure(`the HTTP/2 connection failed: ${error.message}`) : error;
  } finally {
    connection.destroy();
  }
}

function exchange(
  session: ProbeSession,
  socket: Socket,
  connection: ClientHttp2Session,
  { method, path, headers, body }: HttpRequest,
  limits: BodyLimits,
): Promise<HttpResponse> {
  const markFirstByte = session.measureFirstByte('body');
  const sent = Object.fromEntries(Object.entries(headers).filter(([name]) => !REPLACED_HEADERS.includes(name)));
  return new Promise((resolve, reject) => {
    connection.on('error', reject);
    const stream = connection.request({ ':method': method, ':path': path, ':authority': headers.host, ...sent });
    let finish = (): void => reject(session.prematureClose());
    stream.on('error', (error: Error) =>
      reject(codeOf(error) === STREAM_ERROR ? streamFailure(stream.rstCode) : error),
    );
    stream.on('response', ({ ':status': status = 0, ...responseHeaders }) => {
      markFirstByte();
      const reader = new BodyReader(limits, (content) => resolve({ status, headers: responseHeaders, ...content }));
      stream.on('data', (chunk: Buffer) => reader.push(chunk));
      stream.on('end', () => (finish = () => reader.end()));
    });
    // The body may end by an error, which is known only now.
    stream.on('close', () => {
      if (stream.rstCode === 0) finish();
      else reject(socket.destroyed ? session.prematureClose() : streamFailure(stream.rstCode));
    });
    stream.end(body);
  });
}

function isHttp2Error(error: unknown): error is { readonly message: string } {
  return codeOf(error)?.startsWith('ERR_HTTP2_') ?? false;
}

function streamFailure(code: number): ProbeFailure {
  return new ProbeFailure(`the HTTP/2 stream was closed by an error (${STREAM_ERRORS[code] ?? code})`);
}
