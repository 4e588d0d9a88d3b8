import { ApiCaller, errorOf } from '../support/api-caller.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const STREAMS = '/api/users/alice/streams';
const PROFILE = `${STREAMS}/profile`;
const SERVICE = '/api/uptime/service/htpp';
const DATA_LIMIT = 1_572_864;

describe('the message of an error', () => {
  let dataDir: string;
  let service: ServiceProcess;
  let alice: ApiCaller;
  let admin: ApiCaller;
  let stranger: ApiCaller;

  beforeAll(async () => {
    dataDir = makeDataDir();
    service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH }));
    alice = await ApiCaller.of(() => service.url, 'alice');
    admin = await ApiCaller.of(() => service.url, 'root', 'admin');
    stranger = new ApiCaller(() => service.url);
    await alice.put(PROFILE, { data: { displayName: 'A' } });
  });
  afterAll(async () => {
    await ServiceProcess.killAll();
    removeDataDir(dataDir);
  });

  it.each(['PUT', 'PATCH'])('of a %s whose data are not in `data` says where they belong', async (method) => {
    const reply = await alice.request(method, PROFILE, { displayName: 'A' });
    expect(reply.status).toBe(400);
    expect(errorOf(reply).message).toBe(
      "The request is not valid: displayName: must be a member of 'data', not of this object: " +
        'send {"data":{…}} around your own members',
    );
  });

  it('of an unknown member names the nearest, and all that are known', async () => {
    expect(errorOf(await alice.post(STREAMS, { type: 'loans', visiblity: 'public' })).message).toBe(
      "The request is not valid: visiblity: is not a known member; did you mean 'visibility'? " +
        'Known are type, category, visibility, description, tags, data',
    );
    expect(errorOf(await alice.put(PROFILE, { data: {}, x: 1 })).message).toBe(
      'The request is not valid: x: is not a known member; known are data',
    );
  });

  it.each(['/api/uptime/summary', '/api/uptime/service/http', '/api/uptime/timeline/http'])(
    'of %s says once what an integer must be, and which query parameters are known',
    async (path) => {
      const mistakesOf = async (query: string): Promise<unknown> =>
        errorOf(await stranger.get(`${path}?${query}`)).details?.mistakes;
      const mistake = (given: string): unknown => [
        { path: 'hours', problem: `must be an integer from 1 to 8760, got ${given}` },
      ];
      expect(await mistakesOf('hours=abc')).toEqual(mistake("'abc'"));
      expect(await mistakesOf('hours=0')).toEqual(mistake('0'));
      expect(await mistakesOf('hours=9000')).toEqual(mistake('9000'));
      expect(await mistakesOf('hours=1&hours=2')).toEqual(mistake('2 values'));
      expect(await mistakesOf('hour=1')).toEqual([
        {
          path: 'hour',
          problem: expect.stringMatching(
            /^is not a known query parameter; did you mean 'hours'\? Known are .*hours/,
          ) as string,
        },
      ]);
    },
  );

  it('of an unknown service says so and lists the known ones, on every route', async () => {
    const replies = await Promise.all([
      stranger.get(SERVICE),
      stranger.get('/api/uptime/timeline/htpp'),
      stranger.get(`${SERVICE}/maintenance`),
      stranger.get(`${SERVICE}/corrections`),
      admin.post(`${SERVICE}/maintenance`, { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', reason: 'x' }),
      admin.delete(`${SERVICE}/maintenance/mnt_0f6d3c1e9a2b4a448d550c2f`),
    ]);
    for (const reply of replies)
      expect(reply).toMatchObject({
        status: 404,
        body: {
          type: 'stream-not-found',
          streamName: 'service-uptime-htpp',
          message:
            "Stream 'service-uptime-htpp' does not exist: there is no service 'htpp'; did you mean 'http'? " +
            'Known are http, websocket, database',
        },
      });
  });

  it('of a body over the limit says which limit', async () => {
    const small = await alice.patch(`${PROFILE}/default/metadata`, { description: 'x'.repeat(70_000) });
    expect(errorOf(small)).toMatchObject({
      type: 'event-too-large',
      message: 'The request body is too large: this route takes at most 65536 bytes, got 70018',
      details: { maximumBytes: 65_536, bytes: 70_018 },
    });
    const large = await alice.put(PROFILE, { data: { bio: 'x'.repeat(DATA_LIMIT) } });
    expect(errorOf(large).details).toMatchObject({ maximumBytes: DATA_LIMIT });
  });

  it('of a restored stream that is not deleted says that it is not', async () => {
    expect(await alice.post(`${PROFILE}/default/restore`)).toMatchObject({
      status: 409,
      body: {
        type: 'stream-already-exists',
        message: "Stream 'user-alice-profile' is not deleted: there is nothing to restore",
      },
    });
  });
});
