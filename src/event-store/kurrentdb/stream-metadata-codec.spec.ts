import fc from 'fast-check';
import { type StreamMetadata } from '../domain/index.js';
import { decodeMetadata, encodeMetadata, isSoftDeleted } from './stream-metadata-codec.js';

const permissions = { read: ['*'], write: ['alice', 'system'], admin: ['system', 'admin'] };
const acl = { $r: ['$all'], $w: ['alice', '$admins'], $d: ['$admins'], $mr: ['$all'], $mw: ['$admins'] };

describe('stream metadata codec', () => {
  it('derives the $acl from the permissions: everyone is $all, and both roles are one $admins', () => {
    expect(encodeMetadata({ permissions })).toEqual({ permissions, $acl: acl });
  });

  it('keeps a given $acl, and adds none without permissions', () => {
    expect(encodeMetadata({ permissions, acl: { $r: 'bob' } })).toEqual({ permissions, $acl: { $r: 'bob' } });
    expect(encodeMetadata({ name: 'a stream' })).toEqual({ name: 'a stream' });
  });

  it('grants nobody access if the permissions are empty', () => {
    expect(encodeMetadata({ permissions: { read: [], write: [], admin: [] } }).$acl).toEqual({
      $r: [],
      $w: [],
      $d: [],
      $mr: [],
      $mw: [],
    });
  });

  it('encodes the names of KurrentDB, and omits absent members', () => {
    const metadata = {
      maxAge: 60,
      maxCount: 5,
      truncateBefore: 3,
      cacheControl: 10,
      name: 'n',
      description: undefined,
    };
    expect(encodeMetadata(metadata as StreamMetadata)).toEqual({
      $maxAge: 60,
      $maxCount: 5,
      $tb: 3,
      $cacheControl: 10,
      name: 'n',
    });
  });

  it('decodes what it has encoded, with the stored $acl', () => {
    const names = fc.array(fc.string());
    const anyMetadata = fc.record(
      { maxAge: fc.nat(), maxCount: fc.nat(), name: fc.string(), data: fc.jsonValue(), acl: fc.constant(acl) },
      { requiredKeys: ['acl'] },
    );
    fc.assert(
      fc.property(anyMetadata, fc.record({ read: names, write: names, admin: names }), (metadata, generated) => {
        const complete = { ...metadata, permissions: generated };
        expect(decodeMetadata(JSON.parse(JSON.stringify(encodeMetadata(complete))))).toEqual(
          JSON.parse(JSON.stringify(complete)),
        );
      }),
    );
  });

  it.each([undefined, null, 'text', 5, [], new Uint8Array(2)])('decodes %p as empty metadata', (stored) => {
    expect(decodeMetadata(stored)).toEqual({});
  });

  it('recognizes a soft-deleted stream by the truncation of all events', () => {
    expect(isSoftDeleted(decodeMetadata(JSON.parse('{"$tb":9223372036854775807}')))).toBe(true);
    expect(isSoftDeleted(decodeMetadata({ $tb: 5 }))).toBe(false);
    expect(isSoftDeleted({})).toBe(false);
  });
});
