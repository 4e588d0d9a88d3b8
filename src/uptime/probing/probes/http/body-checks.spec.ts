import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { type HttpTarget, httpTarget } from '../../../domain/index.js';
import { HttpProbe } from './http.probe.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const MEBIBYTE = 1_048_576;

describe('what a body must hold', () => {
  const servers = new LoopbackServers();
  const faultOf = async (
    body: string | Buffer,
    rules: Partial<HttpTarget>,
    headers: Record<string, string> = {},
  ): Promise<string | undefined> => {
    const endpoint = await servers.listen(createServer((_, response) => response.writeHead(200, headers).end(body)));
    return (
      await new HttpProbe({ ...httpTarget(), ...rules, url: `http://${endpoint}/` }, clock).probe(
        new AbortController().signal,
      )
    ).error;
  };

  it('may be a text, which is not told when it is missing', async () => {
    expect(await faultOf('all grün here', { bodyContains: 'grün' })).toBeUndefined();
    expect(await faultOf('all red here', { bodyContains: 'grün' })).toBe(
      'the body does not hold the text that it should',
    );
  });

  it('is found where the body is large', async () => {
    expect(await faultOf(`${'x'.repeat(MEBIBYTE - 3)}end`, { bodyContains: 'end' })).toBeUndefined();
    expect(await faultOf(`${'x'.repeat(MEBIBYTE + 100_000)}end`, { bodyContains: 'end' })).toBe(
      'the first 1 MiB of the body does not hold the text that it should',
    );
  });

  it.each<[string | number | boolean | null, string]>([
    ['ok', '{"checks":[{"status":"ok"}]}'],
    [3, '{"checks":[{"status":3.0}]}'],
    [false, '{"checks":[{"status":false}]}'],
    [null, '{"checks":[{"status":null}]}'],
  ])('may be %j at a place in JSON', async (equals, body) => {
    expect(await faultOf(body, { jsonPath: { path: '$.checks[0].status', equals } })).toBeUndefined();
  });

  it.each<[string, string]>([
    ['{"status":"down"}', '$.status is "down", which it should not be'],
    ['{"status":1}', '$.status is 1, which it should not be'],
    ['{"status":null}', '$.status is null, which it should not be'],
    ['{"status":["1"]}', '$.status is a list, which it should not be'],
    ['{"status":{}}', '$.status is an object, which it should not be'],
    [`{"status":"${'x'.repeat(100)}"}`, `$.status is "${'x'.repeat(58)}…, which it should not be`],
    ['{"state":"1"}', '$.status is not in the body'],
    ['null', '$.status is not in the body'],
    ['<html>', 'the body is not JSON'],
    ['', 'the body is not JSON'],
  ])('tells what is in %s instead', async (body, error) => {
    expect(await faultOf(body, { jsonPath: { path: '$.status', equals: '1' } })).toBe(error);
  });

  it('is not looked for in JSON that is too large, nor in what is compressed', async () => {
    expect(
      await faultOf(JSON.stringify({ a: 'x'.repeat(MEBIBYTE), status: 1 }), {
        jsonPath: { path: '$.status', equals: 1 },
      }),
    ).toBe('the body is larger than 1 MiB, too large to be checked as JSON');
    expect(await faultOf(gzipSync('ok'), { bodyContains: 'ok' }, { 'content-encoding': 'gzip' })).toBe(
      'the body is compressed (gzip), which was not asked for, so that it cannot be checked',
    );
    expect(await faultOf(gzipSync('ok'), {}, { 'content-encoding': 'gzip' })).toBeUndefined();
  });

  it('is of no interest where the status is a failure already', async () => {
    const endpoint = await servers.listen(createServer((_, response) => response.writeHead(500).end('no')));
    expect(
      (
        await new HttpProbe({ ...httpTarget(), bodyContains: 'yes', url: `http://${endpoint}/` }, clock).probe(
          new AbortController().signal,
        )
      ).error,
    ).toBe('answered 500');
  });
});
