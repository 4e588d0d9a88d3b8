import {
  KurrentDBClient,
  PARK,
  persistentSubscriptionToStreamSettingsFromDefaults,
  RETRY,
  SKIP,
  START,
} from '@kurrent/kurrentdb-client';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep, until } from '../support/eventually.js';
import { counted, newStream, numbers } from '../support/embedded-client.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { seededRandom } from '../support/seeded-random.js';

const random = seededRandom();
const GROUP = 'group';
const RESTARTS = 12;
const EVENTS_PER_RUN = 120;

/** A consumer that acks and nacks at random until its server is killed. */
function consumeAtRandom(client: KurrentDBClient, stream: string, done: Set<number>): void {
  const subscription = client.subscribeToPersistentSubscriptionToStream(stream, GROUP, { bufferSize: 5 });
  const settle = async (event: Parameters<typeof subscription.ack>[0]): Promise<void> => {
    const [n] = event === undefined ? [] : numbers([event]);
    if (event === undefined || n === undefined) return;
    const chance = random();
    if (chance < 0.1) return; // neither: redelivered after the message timeout
    if (chance < 0.2) return subscription.nack(RETRY, 'later', event);
    if (chance < 0.4) return subscription.nack(PARK, 'not now', event);
    if (chance < 0.5) await subscription.nack(SKIP, 'never', event);
    else await subscription.ack(event);
    done.add(n); // the last ack may be lost with the server: a redelivery is allowed
  };
  subscription.on('error', () => undefined);
  subscription.on('data', (event) => void settle(event).catch(() => undefined)); // the server is gone
}

describe('persistent subscriptions of a server that is killed', () => {
  it('deliver every event until it is finished, parked ones after a replay', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'groups-crash-'));
    const stream = newStream();
    const done = new Set<number>();
    let written = 0;
    try {
      for (let run = 0; run < RESTARTS; run++) {
        const isLast = run === RESTARTS - 1;
        const server = await KurrentDBServer.start('--data', directory, '--insecure', '--port', '0');
        const client = KurrentDBClient.connectionString(server.connectionString);
        if (run === 0) {
          await client.createPersistentSubscriptionToStream(
            stream,
            GROUP,
            persistentSubscriptionToStreamSettingsFromDefaults({
              startFrom: START,
              messageTimeout: 100,
              maxRetryCount: 2,
              checkPointAfter: 20,
              checkPointLowerBound: 1,
              historyBufferSize: 30,
              readBatchSize: 10,
            }),
          );
        }
        for (let consumer = 0; consumer < 3; consumer++) consumeAtRandom(client, stream, done);
        const end = written + EVENTS_PER_RUN;
        while (!isLast && written < end)
          await client.appendToStream(
            stream,
            Array.from({ length: 10 }, () => counted(written++)),
          );
        if (isLast)
          await until(
            async () => {
              await client.replayParkedMessagesToStream(stream, GROUP);
              return done.size >= written;
            },
            'every event is finished',
            { withinMs: 30_000 },
          );
        if (!isLast) await sleep(random() * 300);
        await server.kill('SIGKILL');
        await client.dispose();
      }
      expect([...done].sort((a, b) => a - b)).toEqual(Array.from({ length: written }, (_, n) => n));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }, 120_000);
});
