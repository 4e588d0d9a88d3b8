import { createServer } from 'node:http';
import * as zlib from 'node:zlib';
import { systemClock as clock } from '../../../../common/clock.js';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { type HttpTarget, httpTarget } from '../../../domain/index.js';
import { HttpProbe } from './http.probe.js';

const { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } = zlib;
const MEBIBYTE = 1_048_576;
const TEXT = 'Größe: 3 €';
const OF_TEXT: Partial<HttpTarget> = { bodyContains: 'Größe: 3 €' };
const BOM = '\u{feff}';
const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

describe('a checked body', () => {
  const servers = new LoopbackServers();
  const errorOf = async (
    body: string | Buffer,
    headers: Record<string, string>,
    rules: Partial<HttpTarget> = OF_TEXT,
  ): Promise<string | undefined> => {
    const hostPort = await servers.listen(createServer((_, response) => response.writeHead(200, headers).end(body)));
    const probe = new HttpProbe({ ...httpTarget(), ...rules, url: `http://${hostPort}/` }, clock);
    return (await probe.probe(new AbortController().signal)).error;
  };

  it.each<[string, Buffer]>([
    ['gzip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['GZip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['deflate, gzip', gzipSync(deflateSync(TEXT))],
    ['gzip, identity,br', brotliCompressSync(gzipSync(TEXT))],
    ['identity', Buffer.from(TEXT)],
    ['Identity', Buffer.from(TEXT)],
    ['', Buffer.from(TEXT)],
    ['utf-8', Buffer.from(TEXT)],
    ['gzip', Buffer.concat([gzipSync('Größe: '), gzipSync('3 €')])],
    ['gzip', gzipSync(TEXT).subarray(0, -4)],
  ])('is decoded by the content coding %j, whether it was requested or not', async (coding, body) => {
    expect(await errorOf(body, { 'content-encoding': coding })).toBeUndefined();
    expect(
      await errorOf(body, { 'content-encoding': coding }, { ...OF_TEXT, headers: { 'Accept-Encoding': 'gzip, br' } }),
    ).toBeUndefined();
    expect(await errorOf(body, { 'content-encoding': coding }, { bodyContains: 'Grösse' })).toBe(
      'the body does not contain the expected text',
    );
  });

  it('is decoded by zstd where Node supports it, and the failure says so where it does not', async () => {
    const [frame, size] = [Buffer.from('28b52ffd20', 'hex'), Buffer.byteLength(TEXT)];
    const block = Buffer.from([size, (size << 3) | 1, 0, 0]);
    expect(await errorOf(Buffer.concat([frame, block, Buffer.from(TEXT)]), { 'content-encoding': 'zstd' })).toBe(
      'createZstdDecompress' in zlib
        ? undefined
        : 'the body cannot be checked: its content coding zstd is not supported',
    );
  });

  it.each([
    ['gzip', 'not compressed', 'the body cannot be checked: it is not valid gzip'],
    ['br', 'not compressed', 'the body cannot be checked: it is not valid br'],
    ['compress', TEXT, 'the body cannot be checked: its content coding compress is not supported'],
    [Array(6).fill('gzip').join(','), TEXT, 'the body cannot be checked: it has more than 5 content codings'],
  ])('with the content coding %j and other bytes is a failure', async (coding, body, error) => {
    expect(await errorOf(body, { 'content-encoding': coding })).toBe(error);
    expect(await errorOf(body, { 'content-encoding': coding }, {})).toBeUndefined();
  });

  it('is inflated up to 1 MiB', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * MEBIBYTE));
    const before = process.memoryUsage().rss;
    for (const [coding, body] of [
      ['gzip', bomb],
      ['gzip, gzip', gzipSync(bomb)],
      ['br', brotliCompressSync(Buffer.alloc(20 * MEBIBYTE))],
    ] as const) {
      expect(await errorOf(body, { 'content-encoding': coding })).toBe(
        'the first 1 MiB of the body does not contain the expected text',
      );
      expect(await errorOf(body, { 'content-encoding': coding }, { jsonPath: { path: '$.a', equals: 1 } })).toBe(
        'the body is larger than 1 MiB, too large to check as JSON',
      );
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MEBIBYTE);
    const beginning = gzipSync(`${TEXT}${' '.repeat(5 * MEBIBYTE)}`);
    expect(await errorOf(beginning, { 'content-encoding': 'gzip' })).toBeUndefined();
  });

  it('that is compressed and longer than 1 MiB is searched as far as it was read', async () => {
    const noise = Buffer.from(Array.from({ length: 3 * MEBIBYTE }, () => Math.floor(Math.random() * 256)));
    const body = gzipSync(Buffer.concat([Buffer.from(TEXT), noise]));
    expect(await errorOf(body, { 'content-encoding': 'gzip' })).toBeUndefined();
    expect(await errorOf(body, { 'content-encoding': 'gzip' }, { bodyContains: 'absent from it' })).toBe(
      'the first 1 MiB of the body does not contain the expected text',
    );
  });

  it.each<[string, string, Buffer]>([
    ['the default UTF-8', 'text/plain', Buffer.from(TEXT)],
    ['windows-1252', 'text/plain; charset=windows-1252', Buffer.from('Gr\xf6\xdfe: 3 \x80', 'latin1')],
    ['windows-1252 by its label latin1', 'text/plain;charset="Latin1"', Buffer.from('Gr\xf6\xdfe: 3 \x80', 'latin1')],
    ['ISO-8859-15', "text/plain; format=flowed; CHARSET='iso-8859-15'", Buffer.from('Gr\xf6\xdfe: 3 \xa4', 'latin1')],
    ['UTF-16 without a byte order mark', 'text/plain; charset=utf-16', Buffer.from(TEXT, 'utf16le')],
    ['UTF-16BE', 'text/plain; charset=utf-16be', utf16be(TEXT)],
    ['UTF-16LE by its byte order mark', 'text/plain', Buffer.from(`${BOM}${TEXT}`, 'utf16le')],
    ['UTF-16BE by its byte order mark', 'text/plain; charset=utf-16le', utf16be(`${BOM}${TEXT}`)],
    ['UTF-8 by its byte order mark', 'text/plain; charset=iso-8859-1', Buffer.from(`${BOM}${TEXT}`)],
    ['UTF-8 instead of an unknown charset', 'text/plain; charset=klingon', Buffer.from(TEXT)],
    [
      'the charset of an HTML document',
      'text/html',
      Buffer.from('<!doctype html><html><head><meta charset="iso-8859-1"><p>Gr\xf6\xdfe: 3 \x80', 'latin1'),
    ],
    [
      'the charset of an older HTML document',
      'text/html',
      Buffer.from(
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">Gr\xf6\xdfe: 3 \x80',
        'latin1',
      ),
    ],
    [
      'the charset of an XML document',
      'application/atom+xml',
      Buffer.from('<?xml version="1.0" encoding="ISO-8859-15"?><a>Gr\xf6\xdfe: 3 \xa4</a>', 'latin1'),
    ],
    ['UTF-8 of a document that claims UTF-16', 'text/html', Buffer.from(`<meta charset=utf-16>${TEXT}`)],
  ])('is text in %s', async (_, contentType, body) => {
    expect(await errorOf(body, { 'content-type': contentType })).toBeUndefined();
  });

  const JSON_TEXT = '{"größe":"größer"}';
  it.each<[string, string, Buffer]>([
    ['UTF-8', 'application/json', Buffer.from(JSON_TEXT)],
    ['UTF-8 with a byte order mark', 'application/json', Buffer.from(`${BOM}${JSON_TEXT}`)],
    ['UTF-16LE with a byte order mark', 'application/json', Buffer.from(`${BOM}${JSON_TEXT}`, 'utf16le')],
    ['UTF-16BE', 'application/json; charset=UTF-16BE', utf16be(JSON_TEXT)],
    ['ISO-8859-1', 'application/json; charset=iso-8859-1', Buffer.from(JSON_TEXT, 'latin1')],
  ])('is JSON in %s', async (_, contentType, body) => {
    const rules: Partial<HttpTarget> = { jsonPath: { path: '$["größe"]', equals: 'größer' } };
    expect(await errorOf(body, { 'content-type': contentType }, rules)).toBeUndefined();
    expect(await errorOf(gzipSync(body), { 'content-type': contentType, 'content-encoding': 'gzip' }, rules)).toBe(
      undefined,
    );
  });
});
