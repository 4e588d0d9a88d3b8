import { BSON, type Document } from 'mongodb';
import { createServer, type Server, type Socket } from 'node:net';

/** Header of the wire protocol: messageLength, requestID, responseTo, opCode, 32 bits each. */
const HEADER_BYTES = 16;
const OP_QUERY = 2004;
const OP_MSG = 2013;
/** Offset of the section in an OP_MSG, after the flags and the kind of the section. */
const SECTION_AT = HEADER_BYTES + 5;

const HELLO: Document = {
  ok: 1,
  helloOk: true,
  isWritablePrimary: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
};

/** Reaction to a command: a response, a closed connection, or none. */
export type Reaction = Document | 'closes' | 'hangs';

/** MongoDB server that completes the handshake of a driver; `react` decides about all other commands. */
export function mongoDBResponder(react: (command: Document) => Reaction | Promise<Reaction>): Server {
  return createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= HEADER_BYTES && received.length >= received.readInt32LE(0)) {
        const length = received.readInt32LE(0);
        void respond(socket, received.subarray(0, length), react);
        received = received.subarray(length);
      }
    });
    socket.on('error', () => undefined);
  });
}

async function respond(
  socket: Socket,
  message: Buffer,
  react: (command: Document) => Reaction | Promise<Reaction>,
): Promise<void> {
  const command = commandOf(message);
  const isHello = 'hello' in command || 'ismaster' in command || 'isMaster' in command;
  const reaction = isHello ? HELLO : await react(command);
  if (reaction === 'closes') socket.destroy();
  if (typeof reaction === 'object') socket.write(replyTo(message, reaction));
}

function commandOf(message: Buffer): Document {
  const kind = message.readInt32LE(12);
  if (kind === OP_MSG) return BSON.deserialize(documentAt(message, SECTION_AT));
  if (kind !== OP_QUERY) throw new Error(`unsupported opCode ${kind}`);
  // Flags, the zero-terminated collection name, two 32-bit numbers.
  return BSON.deserialize(documentAt(message, message.indexOf(0, HEADER_BYTES + 4) + 1 + 8));
}

/** A document begins with its length; checksums may follow. */
function documentAt(message: Buffer, offset: number): Buffer {
  return message.subarray(offset, offset + message.readInt32LE(offset));
}

function replyTo(message: Buffer, document: Document): Buffer {
  const body = BSON.serialize(document);
  const head = Buffer.alloc(SECTION_AT);
  head.writeInt32LE(SECTION_AT + body.length, 0);
  head.writeInt32LE(message.readInt32LE(4), 8);
  head.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([head, body]);
}
