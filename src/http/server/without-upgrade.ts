import { type IncomingMessage, type Server } from 'node:http';
import { type Duplex } from 'node:stream';

/** Headers that only concern the upgrade; the second one belongs to `Upgrade: h2c` (RFC 7540, 3.2.1). */
const OF_UPGRADE = new Set(['upgrade', 'http2-settings']);

/**
 * Serves a request for an upgrade as if it had not asked for one, as RFC 9110, 7.8 allows: Node gives the connection
 * of every such request away, so this returns it to the server with the request before it.
 */
export function serveWithoutUpgrade(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.unshift(Buffer.concat([Buffer.from(headOf(request), 'latin1'), head]));
  server.emit('connection', socket);
}

/** Request line and headers as received, without those of the upgrade. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const given = rawHeaders[index + 1] ?? '';
    if (OF_UPGRADE.has(name.toLowerCase())) continue;
    const value = name.toLowerCase() === 'connection' ? connectionOptions(given) : given;
    if (value !== '') head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

function connectionOptions(given: string): string {
  const options = given.split(',').map((option) => option.trim());
  return options.filter((option) => !OF_UPGRADE.has(option.toLowerCase())).join(', ');
}
