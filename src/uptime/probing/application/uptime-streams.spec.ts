import { MemoryEventStore } from '../../../../test/support/memory-event-store.js';
import { uptimeEvents } from '../../../../test/support/probed-service.js';
import { type NewStream, PermissionError } from '../../../event-store/domain/index.js';
import { createUptimeStreams } from './uptime-streams.js';

describe('creating the uptime streams', () => {
  it('creates the streams of every service, of changes and of samples, for the service itself', async () => {
    const store = new MemoryEventStore(uptimeEvents());
    expect(await createUptimeStreams(store, ['http', 'database'], 7_776_000)).toEqual([
      { service: 'http', streamName: 'service-uptime-http', success: true, streamId: 'service-uptime-http' },
      {
        service: 'database',
        streamName: 'service-uptime-database',
        success: true,
        streamId: 'service-uptime-database',
      },
    ]);
    expect(store.created.map(({ name }) => name).sort()).toEqual([
      'service-uptime-database',
      'service-uptime-http',
      'system-probe-samples-database',
      'system-probe-samples-http',
    ]);
    expect(store.created.map(({ name, permissions }) => [name, permissions?.read]).sort()).toEqual([
      ['service-uptime-database', undefined],
      ['service-uptime-http', undefined],
      ['system-probe-samples-database', undefined],
      ['system-probe-samples-http', undefined],
    ]);
  });

  it('tags the changes as uptime, monitoring and the service', async () => {
    const store = new MemoryEventStore(uptimeEvents());
    await createUptimeStreams(store, ['http'], undefined);
    expect(store.created.map(({ name, tags }) => [name, tags])).toEqual([
      ['service-uptime-http', ['uptime', 'monitoring', 'http']],
      ['system-probe-samples-http', ['uptime', 'samples', 'http']],
    ]);
  });

  it('succeeds when the streams exist', async () => {
    const store = new MemoryEventStore(uptimeEvents());
    const first = await createUptimeStreams(store, ['http'], 7_776_000);
    expect(await createUptimeStreams(store, ['http'], 7_776_000)).toEqual(first);
    expect(store.log).toHaveLength(2);
  });

  it('reports the error of each service separately', async () => {
    const store = new MemoryEventStore(uptimeEvents());
    const refusing = {
      createStream: (stream: NewStream) =>
        stream.name.endsWith('http') ? Promise.reject(new PermissionError('not allowed')) : store.createStream(stream),
    };
    expect(await createUptimeStreams(refusing, ['http', 'database'], 7_776_000)).toEqual([
      { service: 'http', streamName: 'service-uptime-http', success: false, error: 'not allowed' },
      {
        service: 'database',
        streamName: 'service-uptime-database',
        success: true,
        streamId: 'service-uptime-database',
      },
    ]);
  });

  it('rethrows an error that is not from the store', async () => {
    await expect(
      createUptimeStreams({ createStream: () => Promise.reject(new TypeError('oops')) }, ['http'], 7_776_000),
    ).rejects.toThrow(TypeError);
  });
});
