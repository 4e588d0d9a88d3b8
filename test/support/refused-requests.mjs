// Measures how long requests that are refused occupy the thread, with the compiled code as the service runs it: in the
// modules of a test, access to globals alone takes as long. Prints a JSON object per kind of request.
import 'reflect-metadata';
import { loadConfig } from '../../dist/config/index.js';
import { assertStreamName, identifyStream, isCategory, isServiceName, isUserId } from '../../dist/event-store/index.js';
import { SMALL_BODY } from '../../dist/http/bodies/body-limits.js';
import { JsonScan } from '../../dist/http/bodies/json-scan.js';
import { ReadEventsQuery } from '../../dist/http/events/read-events.query.js';
import { withoutCredentials } from '../../dist/http/logging.js';
import { dtoSchemaOf } from '../../dist/http/validation/dto-schema.js';
import { RequestValidationPipe } from '../../dist/http/validation/request-validation.pipe.js';
import { CorrectStatusRequest } from '../../dist/uptime/annotations/http/corrections.dto.js';
import { RecurrenceRequest, ScheduleMaintenanceRequest } from '../../dist/uptime/annotations/http/maintenance.dto.js';
import { SummaryQuery } from '../../dist/uptime/history/http/hours.query.js';
import { PushRequest } from '../../dist/uptime/probing/push/push.dto.js';
import { FeedQuery, ListUserStreamsQuery, StateQuery } from '../../dist/user-streams/http/user-stream-queries.dto.js';
import {
  AppendDataRequest,
  ChangeDataRequest,
  ChangeMetadataRequest,
  CreateUserStreamRequest,
  PermissionsRequest,
  ReplaceDataRequest,
  StreamWriteRequest,
  WriteStreamsRequest,
} from '../../dist/user-streams/http/user-stream-requests.dto.js';

/** Runs of a request that seems slow. */
const RUNS = 9;
/** A request that once took no more is not slow. */
const FAST_MS = 10;
/** Bytes of a request's headers, so of a URL and its query. */
const URL_BYTES = 16_384;

const { maxBodyBytes, maxBodyValues } = loadConfig({}).http;
const DATA_BODY = { bytes: maxBodyBytes, values: maxBodyValues };
const pipe = new RequestValidationPipe();

/** Texts of at most this many bytes, for each way that repeated patterns make checks slow. */
function hostileTexts(bytes) {
  const units = [
    'a',
    ' ',
    '.',
    '-',
    '9',
    'ž',
    '-profile-a',
    'a-',
    '2026-01-01T00:00:00.',
    'a.',
    'http://a:',
    '\u{1f427}',
  ];
  return units.flatMap((unit) => {
    const text = unit.repeat(Math.floor(bytes / Buffer.byteLength(unit)));
    return [text, `${text}\n`, `user-${text}`, `user-a-profile-${text}!`, `20${text}`];
  });
}

const hostileArrays = (count) => [
  Array.from({ length: count }, (_, index) => `t${index}`),
  Array.from({ length: count }, (_, index) => index),
  Array.from({ length: count }, () => 'same'),
];

const hostileValues = ({ bytes, values }) => [
  ...hostileTexts(bytes / 2),
  ...hostileArrays(values - 100),
  Array.from({ length: values / 2 - 100 }, () => ({})),
  Object.fromEntries(Array.from({ length: values / 2 - 100 }, (_, index) => [`k${index}`, 0])),
];

/** Bodies with a hostile value for each property of a DTO. */
const bodiesFor = (dto, limits) =>
  [...dtoSchemaOf(dto).properties].flatMap((name) =>
    hostileValues(limits).map((value) => JSON.stringify({ [name]: value })),
  );

/** Time of the processor in milliseconds, so that other processes do not count. */
async function processorMs(run) {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

async function leastMs(run) {
  let least = Infinity;
  for (let count = 0; count < RUNS && least > FAST_MS; count++) least = Math.min(least, await processorMs(run));
  return least;
}

const isRefused = (dto, value, type) =>
  pipe.transform(value, { type, metatype: dto }).then(
    () => false,
    () => true,
  );

async function measure(name, inputs, run) {
  const slowest = { ms: 0, input: '' };
  let refused = 0;
  for (const input of inputs) {
    if (!(await run(input))) continue;
    refused++;
    const ms = await leastMs(() => run(input));
    if (ms > slowest.ms)
      Object.assign(slowest, {
        ms,
        input: (Buffer.isBuffer(input) ? String(input) : JSON.stringify(input)).slice(0, 60),
      });
  }
  console.log(JSON.stringify({ name, refused, slowest }));
}

const measureBodies = (name, dto, limits, texts) =>
  measure(
    name,
    texts.map((text) => Buffer.from(text)),
    async (bytes) =>
      new JsonScan(limits.values).next(bytes) !== undefined ||
      isRefused(dto, JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), 'body'),
  );

for (const dto of [
  CreateUserStreamRequest,
  ReplaceDataRequest,
  ChangeDataRequest,
  AppendDataRequest,
  WriteStreamsRequest,
])
  await measureBodies(dto.name, dto, DATA_BODY, bodiesFor(dto, DATA_BODY));
for (const dto of [ChangeMetadataRequest, ScheduleMaintenanceRequest, CorrectStatusRequest, PushRequest])
  await measureBodies(dto.name, dto, SMALL_BODY, bodiesFor(dto, SMALL_BODY));

for (const [outer, dto, limits, wrap] of [
  [WriteStreamsRequest, StreamWriteRequest, DATA_BODY, (inner) => `{"writes":[${inner}]}`],
  [AppendDataRequest, ReplaceDataRequest, DATA_BODY, (inner) => `{"events":[${inner}]}`],
  [ChangeMetadataRequest, PermissionsRequest, SMALL_BODY, (inner) => `{"permissions":${inner}}`],
  [ScheduleMaintenanceRequest, RecurrenceRequest, SMALL_BODY, (inner) => `{"recurrence":${inner}}`],
])
  await measureBodies(`${dto.name} in ${outer.name}`, outer, limits, bodiesFor(dto, limits).map(wrap));

for (const dto of [ListUserStreamsQuery, StateQuery, FeedQuery, ReadEventsQuery, SummaryQuery])
  await measure(
    dto.name,
    [...dtoSchemaOf(dto).properties].flatMap((name) =>
      [...hostileTexts(URL_BYTES), ...hostileArrays(1_000)].map((value) => ({ [name]: value })),
    ),
    (query) => isRefused(dto, query, 'query'),
  );

const isInvalidName = (text) => {
  try {
    assertStreamName(text);
    return false;
  } catch {
    return true;
  }
};
for (const [name, isRejected] of [
  ['identifyStream', (text) => identifyStream(text).kind !== undefined],
  ['assertStreamName', isInvalidName],
  ['isUserId', (text) => !isUserId(text)],
  ['isCategory', (text) => !isCategory(text)],
  ['isServiceName', (text) => !isServiceName(text)],
  ['withoutCredentials', (text) => withoutCredentials(text) !== ''],
])
  await measure(name, hostileTexts(URL_BYTES), isRejected);
