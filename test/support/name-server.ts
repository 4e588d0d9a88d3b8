import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TYPES = { A: 1, AAAA: 28, SRV: 33, TXT: 16 } as const;
type RecordType = keyof typeof TYPES;
/** Response codes (RFC 1035, 4.1.1). */
export const SERVFAIL = 2;
export const REFUSED = 5;
const NXDOMAIN = 3;

/** What the server does with questions for a name; without a record of the type, the answer has none. */
export interface NameRecords {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
  readonly SRV?: readonly { readonly name: string; readonly port: number }[];
  readonly TXT?: readonly string[];
  readonly delayMs?: number;
  /** Types whose questions get no answer; `true`: all. */
  readonly silent?: true | readonly RecordType[];
  readonly rcode?: number;
  /** Answers by UDP are truncated, so that the question is repeated by TCP. */
  readonly truncated?: true;
}

interface Question {
  readonly id: number;
  /** In lower case. */
  readonly name: string;
  readonly type: RecordType | undefined;
  /** The question's own bytes. */
  readonly bytes: Buffer;
}

/** A name server on loopback, by UDP and TCP on one port; with a resolv.conf and a hosts file of its own. */
export class NameServer {
  /** Received by UDP and TCP, such as `A db.example`. */
  readonly questions: string[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), 'name-server-'));
  readonly resolvConf = join(this.#directory, 'resolv.conf');
  readonly hosts = join(this.#directory, 'hosts');

  private constructor(
    private readonly names: Map<string, NameRecords>,
    private readonly udp: Socket,
    private readonly tcp: Server,
  ) {
    this.configure();
    this.setHosts('');
  }

  /** @param names records by lower-case name; others do not exist */
  static async start(names: Readonly<Record<string, NameRecords>> = {}): Promise<NameServer> {
    const tcp = createServer().listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const { port } = tcp.address() as { port: number };
    const udp = createSocket('udp4');
    udp.bind(port, '127.0.0.1');
    await once(udp, 'listening');
    const server = new NameServer(new Map(Object.entries(names)), udp, tcp);
    udp.on('message', (message, peer) => server.#receive(message, peer));
    tcp.on('connection', (socket) =>
      socket
        .on('error', () => undefined)
        .once('data', (data) => {
          const answer = server.#answer(parseQuestion(data.subarray(2)), false);
          const length = Buffer.alloc(2);
          length.writeUInt16BE(answer.length);
          socket.end(Buffer.concat([length, answer]));
        }),
    );
    return server;
  }

  /** As in resolv.conf. */
  get address(): string {
    return `[127.0.0.1]:${this.udp.address().port}`;
  }

  /** Paths for a `NameResolver`. */
  get files(): { readonly resolvConf: string; readonly hosts: string } {
    return { resolvConf: this.resolvConf, hosts: this.hosts };
  }

  set(name: string, records: NameRecords): void {
    this.names.set(name, records);
  }

  /** Replaces the resolv.conf. @param lines after the name servers @param servers default: this one */
  configure(lines = 'search .', servers: readonly string[] = [this.address]): void {
    const text = [...servers.map((server) => `nameserver ${server}`), lines, ''].join('\n');
    this.#replace(this.resolvConf, text);
  }

  setHosts(text: string): void {
    this.#replace(this.hosts, text);
  }

  stop(): void {
    this.udp.close();
    this.tcp.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #replace(path: string, text: string): void {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }

  #receive(message: Buffer, { address, port }: RemoteInfo): void {
    const question = parseQuestion(message);
    const { type, name } = question;
    this.questions.push(`${type ?? 'other'} ${name}`);
    const { silent = [], delayMs = 0, truncated = false } = this.names.get(name) ?? {};
    if (silent === true || (type && silent.includes(type))) return;
    const send = (): void => {
      try {
        this.udp.send(this.#answer(question, truncated), port, address);
      } catch {
        // Stopped meanwhile.
      }
    };
    if (delayMs > 0) setTimeout(send, delayMs);
    else send();
  }

  #answer({ id, name, type, bytes }: Question, isTruncated: boolean): Buffer {
    const records = this.names.get(name);
    const data = isTruncated || !records || !type || records.rcode ? [] : encodeAll(type, records);
    const header = Buffer.alloc(12);
    header.writeUInt16BE(id, 0);
    // Response, recursion desired and available.
    header.writeUInt16BE(0x8180 | (isTruncated ? 0x200 : 0) | (records?.rcode ?? (records ? 0 : NXDOMAIN)), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(data.length, 6);
    return Buffer.concat([header, bytes, ...data.map((one) => encodeRecord(type ?? 'A', one))]);
  }
}

function parseQuestion(message: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const code = message.readUInt16BE(at + 1);
  const type = (Object.keys(TYPES) as RecordType[]).find((known) => TYPES[known] === code);
  const id = message.readUInt16BE(0);
  return { id, name: labels.join('.').toLowerCase(), type, bytes: message.subarray(12, at + 5) };
}

/** With a pointer to the name of the question, and no time to live. */
function encodeRecord(type: RecordType, data: Buffer): Buffer {
  const head = Buffer.from([0xc0, 12, 0, TYPES[type], 0, 1, 0, 0, 0, 0, 0, 0]);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function encodeAll(type: RecordType, records: NameRecords): Buffer[] {
  switch (type) {
    case 'A':
      return (records.A ?? []).map((address) => Buffer.from(address.split('.').map(Number)));
    case 'AAAA':
      return (records.AAAA ?? []).map(encodeIPv6);
    case 'TXT':
      return (records.TXT ?? []).map((text) => Buffer.from([text.length, ...Buffer.from(text)]));
    case 'SRV':
      return (records.SRV ?? []).map(({ name, port }) => {
        const fixed = Buffer.from([0, 0, 0, 0, 0, 0]);
        fixed.writeUInt16BE(port, 4);
        return Buffer.concat([fixed, encodeName(name)]);
      });
  }
}

function encodeName(name: string): Buffer {
  return Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.alloc(1),
  ]);
}

function encodeIPv6(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
