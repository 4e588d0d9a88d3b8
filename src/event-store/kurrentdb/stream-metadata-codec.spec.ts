import fc from 'fast-check';
import { type StreamMetadata } from '../domain/index.js';
import { decodeMetadata, encodeMetadata, isSoftDeleted } from './stream-metadata-codec.js';

const permissions = { read: ['*'], write: ['alice', 'system'], admin: ['system', 'admin'] };
const acl = { $r: ['$all'], $w: ['alice', '$admins'], $d: ['$admins'], $mr: ['$all'], $mw: ['$admins'] };

describe('the metadata of a stream', () => {
  it('get an $acl from their permissions: everyone is $all, and the roles are $admins, once', () => {
    expect(encodeMetadata({ permissions })).toEqual({ permissions, $acl: acl });
  });

  it('keep an $acl that is given, and get none without permissions', () => {
    expect(encodeMetadata({ permissions, acl: { $r: 'bob' } })).toEqual({ permissions, $acl: { $r: 'bob' } });
    expect(encodeMetadata({ name: 'a stream' })).toEqual({ name: 'a stream' });
  });

  it('give nobody access where the permissions name nobody', () => {
    expect(encodeMetadata({ permissions: { read: [], write: [], admin: [] } }).$acl).toEqual({
      $r: [],
      $w: [],
      $d: [],
      $mr: [],
      $mw: [],
    });
  });

  it("are stored under KurrentDB's names, without absent members", () => {
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

  it('are decoded as they were encoded, with the $acl that was stored', () => {
    const names = fc.array(fc.string());
    const anyMetadata = fc.record(
      { maxAge: fc.nat(), maxCount: fc.nat(), name: fc.string(), data: fc.jsonValue(), acl: fc.constant(acl) },
      { requiredKeys: ['acl'] },
    );
    fc.assert(
      fc.property(anyMetadata, fc.record({ read: names, write: names, admin: names }), (metadata, who) => {
        const whole = { ...metadata, permissions: who };
        expect(decodeMetadata(JSON.parse(JSON.stringify(encodeMetadata(whole))))).toEqual(
          JSON.parse(JSON.stringify(whole)),
        );
      }),
    );
  });

  it.each([undefined, null, 'text', 5, [], new Uint8Array(2)])('are empty where %p is stored', (stored) => {
    expect(decodeMetadata(stored)).toEqual({});
  });

  it('are those of a soft-deleted stream only where everything is truncated', () => {
    expect(isSoftDeleted(decodeMetadata(JSON.parse('{"$tb":9223372036854775807}')))).toBe(true);
    expect(isSoftDeleted(decodeMetadata({ $tb: 5 }))).toBe(false);
    expect(isSoftDeleted({})).toBe(false);
  });
});
