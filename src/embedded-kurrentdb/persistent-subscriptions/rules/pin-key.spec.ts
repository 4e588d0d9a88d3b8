import { type PinSubject, pinKeyOf } from './pin-key.js';

const event = (parts: Partial<Record<'streamName' | 'type' | 'data' | 'customMetadata', string>> = {}): PinSubject => ({
  streamName: parts.streamName ?? 'orders-1',
  type: parts.type ?? 'placed',
  data: () => parts.data ?? '{}',
  customMetadata: () => parts.customMetadata ?? '',
});

describe('the pin key of an event', () => {
  it('is the stream, for links the stream of their target', () => {
    expect(pinKeyOf('Pinned', event())).toBe('orders-1');
    expect(pinKeyOf('Pinned', event({ streamName: '$ce-orders', type: '$>', data: '7@orders-2' }))).toBe('orders-2');
    expect(pinKeyOf('Pinned', event({ streamName: '$ce-orders', type: '$>', data: 'nonsense' }))).toBe('$ce-orders');
  });

  it('is the correlation id if there is one', () => {
    expect(pinKeyOf('PinnedByCorrelation', event({ customMetadata: '{"$correlationId":"c1"}' }))).toBe('c1');
    expect(pinKeyOf('PinnedByCorrelation', event({ customMetadata: '{"$correlationId":5}' }))).toBe('orders-1');
    expect(pinKeyOf('PinnedByCorrelation', event({ customMetadata: '"$correlationId' }))).toBe('orders-1');
    expect(pinKeyOf('PinnedByCorrelation', event({ customMetadata: 'null /* $correlationId */' }))).toBe('orders-1');
    expect(pinKeyOf('PinnedByCorrelation', event())).toBe('orders-1');
  });

  it('is the same for all events with the other strategies', () => {
    expect(pinKeyOf('RoundRobin', event())).toBe(pinKeyOf('DispatchToSingle', event({ streamName: 'other' })));
  });
});
