import { BSON, type Document } from 'mongodb';
import { createServer, type Server, type Socket } from 'node:net';

/** The wire protocol's headers are four 32-bit numbers: length, request, in answer to, kind. */
const HEADER_BYTES = 16;
const OP_QUERY = 2004;
const OP_MSG = 2013;
/** Of an OP_MSG: its flags, and the kind of its one section. */
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

/** What becomes of a command: it is answered, or its connection is closed, or nothing happens. */
export type Reaction = Document | 'closes' | 'hangs';

/** As much of MongoDB as a driver needs to say hello; what becomes of other commands, a test decides. */
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
  if (typeof reaction === 'object') socket.write(answerTo(message, reaction));
}

function commandOf(message: Buffer): Document {
  const kind = message.readInt32LE(12);
  if (kind === OP_MSG) return BSON.deserialize(documentAt(message, SECTION_AT));
  if (kind !== OP_QUERY) throw new Error(`a message of kind ${kind} is not understood`);
  // Flags, the collection's name with a zero behind it, two numbers.
  return BSON.deserialize(documentAt(message, message.indexOf(0, HEADER_BYTES + 4) + 1 + 8));
}

/** A document begins with its length; checksums may follow. */
function documentAt(message: Buffer, offset: number): Buffer {
  return message.subarray(offset, offset + message.readInt32LE(offset));
}

function answerTo(message: Buffer, document: Document): Buffer {
  const body = BSON.serialize(document);
  const head = Buffer.alloc(SECTION_AT);
  head.writeInt32LE(SECTION_AT + body.length, 0);
  head.writeInt32LE(message.readInt32LE(4), 8);
  head.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([head, body]);
}
