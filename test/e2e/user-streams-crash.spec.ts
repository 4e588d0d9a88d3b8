import { ApiCaller } from '../support/api-caller.js';
import { eventually } from '../support/eventually.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';
import { historyOf } from '../support/user-streams-service.js';

const LONG_MS = 240_000;

describe('kill -9 of a service between the retries of its clients', () => {
  it(
    'loses no acknowledged write, and writes nothing twice that is retried with the same key',
    async () => {
      const dataDir = makeDataDir();
      let service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH }));
      const alice = await ApiCaller.of(() => service.url, 'alice');
      const stream = '/api/users/alice/streams/activity/killed';
      expect((await alice.put(stream, { data: { details: {} } })).status).toBe(201);
      const acknowledged = new Map<string, string>();
      const keys: string[] = [];
      const write = async (key: string): Promise<void> => {
        const { status, text } = await alice.patch(
          stream,
          { data: { details: { [key]: 1 } } },
          { 'idempotency-key': key },
        );
        expect(status).toBe(200);
        if (acknowledged.has(key)) expect(text).toBe(acknowledged.get(key));
        else acknowledged.set(key, text);
      };
      try {
        for (let round = 0; round < 3; round++) {
          let isKilled = false;
          const own: string[] = [];
          const clients = Array.from({ length: 8 }, async (_, client) => {
            for (let count = 0; !isKilled; count++) {
              const key = `round-${round}-client-${client}-${count}`;
              own.push(key);
              await write(key).catch(() => undefined);
            }
          });
          const before = acknowledged.size;
          await eventually(
            () => Promise.resolve(acknowledged.size),
            (size) => size >= before + 40,
          );
          await service.kill('SIGKILL');
          isKilled = true;
          await Promise.all(clients);
          service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH }));
          await Promise.all(own.map(write));
          keys.push(...own);
        }
        await Promise.all(keys.map(write));
        const events = await historyOf(alice, stream);
        expect(events).toHaveLength(keys.length + 2);
        expect(events.map(({ revision }) => revision)).toEqual(events.map((_, index) => index));
        for (const [key, text] of acknowledged) {
          const { revision, eventId } = JSON.parse(text) as { revision: number; eventId: string };
          expect(events[revision]).toMatchObject({ eventId, data: { data: { details: { [key]: 1 } } } });
        }
        expect(((await alice.get(stream)).body as { data: { details: unknown } }).data.details).toEqual(
          Object.fromEntries(keys.map((key) => [key, 1])),
        );
      } finally {
        await ServiceProcess.killAll();
        removeDataDir(dataDir);
      }
    },
    LONG_MS,
  );
});
