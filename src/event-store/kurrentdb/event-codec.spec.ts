import { uuidOfEventId } from './event-codec.js';

describe('UUID of an event id', () => {
  it('has version 8 and is equal for equal ids', () => {
    const uuid = uuidOfEventId('evt_1763949600000_5v0c3qk8d1m2p7ra');
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidOfEventId('evt_1763949600000_5v0c3qk8d1m2p7ra')).toBe(uuid);
  });

  it('never changes, because stored events are recognized by it', () => {
    expect(uuidOfEventId('evt_0_aaaaaaaa')).toBe('764c01c0-9d82-8583-86db-46819592cb23');
  });

  it('differs for different ids', () => {
    expect(new Set(Array.from({ length: 1_000 }, (_, n) => uuidOfEventId(`evt_${n}_aaaaaaaa`))).size).toBe(1_000);
  });
});
