import { createServer } from 'node:http';
import { systemClock as clock } from '../../../../common/clock.js';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { type HttpTarget, httpTarget } from '../../../domain/index.js';
import { HttpProbe } from './http.probe.js';

const MEBIBYTE = 1_048_576;
const MISSING = 'the body does not contain the expected text';

describe('the checks of a response body', () => {
  const servers = new LoopbackServers();
  const errorOf = async (body: string | Buffer, rules: Partial<HttpTarget>): Promise<string | undefined> => {
    const hostPort = await servers.listen(createServer((_, response) => response.end(body)));
    return (
      await new HttpProbe({ ...httpTarget(), ...rules, url: `http://${hostPort}/` }, clock).probe(
        new AbortController().signal,
      )
    ).error;
  };

  it('find an expected string, and do not quote it when it is missing', async () => {
    expect(await errorOf('all grün here', { bodyContains: 'grün' })).toBeUndefined();
    expect(await errorOf('all red here', { bodyContains: 'grün' })).toBe(MISSING);
  });

  it('read up to 1 MiB of the body', async () => {
    expect(await errorOf(`${'x'.repeat(MEBIBYTE - 3)}end`, { bodyContains: 'end' })).toBeUndefined();
    expect(await errorOf(`${'x'.repeat(MEBIBYTE + 100_000)}end`, { bodyContains: 'end' })).toBe(
      'the first 1 MiB of the body does not contain the expected text',
    );
  });

  it.each<[string | number | boolean | null, string]>([
    ['ok', '{"checks":[{"status":"ok"}]}'],
    [3, '{"checks":[{"status":3.0}]}'],
    [false, '{"checks":[{"status":false}]}'],
    [null, '{"checks":[{"status":null}]}'],
  ])('accept %j at a JSON path', async (equals, body) => {
    expect(await errorOf(body, { jsonPath: { path: '$.checks[0].status', equals } })).toBeUndefined();
  });

  it.each<[string, string]>([
    ['{"status":"down"}', '$.status is "down", not the expected value'],
    ['{"status":1}', '$.status is 1, not the expected value'],
    ['{"status":null}', '$.status is null, not the expected value'],
    ['{"status":["1"]}', '$.status is an array, not the expected value'],
    ['{"status":{}}', '$.status is an object, not the expected value'],
    [`{"status":"${'x'.repeat(100)}"}`, `$.status is "${'x'.repeat(58)}…, not the expected value`],
    ['{"state":"1"}', '$.status is not in the body'],
    ['null', '$.status is not in the body'],
    ['<html>', 'the body is not JSON'],
    ['', 'the body is not JSON'],
  ])('report the actual value in %s', async (body, error) => {
    expect(await errorOf(body, { jsonPath: { path: '$.status', equals: '1' } })).toBe(error);
  });

  it('reject JSON that is too large', async () => {
    expect(
      await errorOf(JSON.stringify({ a: 'x'.repeat(MEBIBYTE), status: 1 }), {
        jsonPath: { path: '$.status', equals: 1 },
      }),
    ).toBe('the body is larger than 1 MiB, too large to check as JSON');
  });

  it('do not run if the status is a failure', async () => {
    const hostPort = await servers.listen(createServer((_, response) => response.writeHead(500).end('no')));
    expect(
      (
        await new HttpProbe({ ...httpTarget(), bodyContains: 'yes', url: `http://${hostPort}/` }, clock).probe(
          new AbortController().signal,
        )
      ).error,
    ).toBe('answered 500');
  });
});
