import { bytesField, FieldReader } from '../storage/wire-format.js';
import { type GrpcCall } from './call.js';
import { type GrpcService } from './dispatcher.js';
import { accessDenied } from './errors.js';

const DEFAULT_PERIOD_MS = 30_000;
const MIN_PERIOD_MS = 100;

/**
 * The Monitoring service: streams statistics periodically. The client's package has no classes for it: StatsReq {
 * use_metadata 1, refresh_time_period_in_ms 4 }, StatsResp { map<string, string> stats 1 }.
 */
export function monitoringService(stats: () => Readonly<Record<string, string>>): GrpcService {
  return {
    name: 'event_store.client.monitoring.Monitoring',
    methods: {
      Stats: (call) => {
        if (call.principal.loginName === undefined) throw accessDenied();
        let periodMs = DEFAULT_PERIOD_MS;
        call.onMessage = (message) => (periodMs = Math.max(MIN_PERIOD_MS, parsePeriod(message) ?? DEFAULT_PERIOD_MS));
        call.onHalfClose = () => report(call, stats, periodMs);
      },
    },
  };
}

function report(call: GrpcCall, stats: () => Readonly<Record<string, string>>, periodMs: number): void {
  const send = (): void => {
    if (!call.isBackedUp) call.writeMessage(encode(stats()));
  };
  const timer = setInterval(send, periodMs);
  call.onClose = () => clearInterval(timer);
  send();
}

function parsePeriod(message: Buffer): number | undefined {
  let period: number | undefined;
  const reader = new FieldReader(message);
  while (reader.next()) {
    if (reader.fieldNumber === 4) period = reader.varint();
    else reader.skip();
  }
  return period === 0 ? undefined : period;
}

function encode(stats: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(stats).map(([key, value]) =>
      bytesField(1, Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, Buffer.from(value))])),
    ),
  );
}
