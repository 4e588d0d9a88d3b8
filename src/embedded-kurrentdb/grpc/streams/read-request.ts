import { compileFilter, type EventFilter, type FilterExpression, isValidStreamName } from '../../log/index.js';
import { handlerFailed, invalidArgument } from '../errors.js';
import { streamNameOf, streams } from '../../protobuf.js';
import { GrpcError, StatusCode } from '../status.js';

type Options = InstanceType<typeof streams.ReadReq.Options>;
type FilterOptions = InstanceType<typeof streams.ReadReq.Options.FilterOptions>;

const { ReadReq } = streams;
const { StreamOptionCase, CountOptionCase, FilterOptionCase, ReadDirection } = ReadReq.Options;
const OPTIONS_TYPE = 'EventStore.Client.Streams.ReadReq+Types+Options';
/** 2^64 - 1 means the end, for revisions and positions. */
export const END = 18_446_744_073_709_551_615n;

/** The start of a stream read. */
export type RevisionStart = 'start' | 'end' | number;

/** The start of a read of `$all`; the prepare position is only used by responses that repeat it. */
export type PositionStart = 'start' | 'end' | { readonly commit: number; readonly prepare: number };

type ReadSource =
  | { readonly kind: 'stream'; readonly streamName: string; readonly from: RevisionStart }
  | { readonly kind: 'all'; readonly from: PositionStart };

export interface FilterRequest {
  readonly matches: EventFilter;
  /** Events per window. */
  readonly window: number;
  /** Events between two checkpoints; 0 for no checkpoints. */
  readonly checkpointInterval: number;
}

/** A validated request of Streams.Read. */
export interface ReadRequest {
  readonly source: ReadSource;
  readonly backwards: boolean;
  /** Maximum count of events; undefined for a subscription. */
  readonly count: number | undefined;
  readonly filter: FilterRequest | undefined;
  readonly resolveLinks: boolean;
  readonly structuredIds: boolean;
  /** Whether the response includes the first and last revision of the stream. */
  readonly includeStreamPositions: boolean;
}

const DEFAULT_WINDOW = 32;

/** @throws GrpcError with KurrentDB's message for an invalid request */
export function parseReadRequest(request: InstanceType<typeof ReadReq>): ReadRequest {
  const options = request.getOptions();
  if (options === undefined) throw handlerFailed();
  const uuidOption = options.getUuidOption();
  if (uuidOption === undefined)
    throw invalidArgument(`'uuidOption' is a required argument of type ${OPTIONS_TYPE}+Types+UUIDOption`);
  const source = parseSource(options);
  requireValidCombination(options);
  const isSubscription = options.hasSubscription();
  return {
    source,
    backwards: options.getReadDirection() === ReadDirection.BACKWARDS,
    count: isSubscription ? undefined : clampToSafe(BigInt(options.getCount())),
    filter: parseFilter(options.getFilter(), isSubscription),
    resolveLinks: options.getResolveLinks(),
    structuredIds: uuidOption.hasStructured(),
    includeStreamPositions: (options.getControlOption()?.getCompatibility() ?? 0) >= 1,
  };
}

function parseSource(options: Options): ReadSource {
  switch (options.getStreamOptionCase()) {
    case StreamOptionCase.STREAM_OPTION_NOT_SET:
      throw invalidArgument(`'None' is not a valid ${OPTIONS_TYPE}+StreamOptionOneofCase`);
    case StreamOptionCase.STREAM:
      return { kind: 'stream', ...parseStreamSource(options) };
    case StreamOptionCase.ALL:
      return { kind: 'all', from: parseAllStart(options) };
  }
}

function parseStreamSource(options: Options): { streamName: string; from: RevisionStart } {
  const stream = options.getStream();
  const streamName = streamNameOf(stream?.getStreamIdentifier());
  if (stream === undefined || !isValidStreamName(streamName)) throw handlerFailed();
  const { RevisionOptionCase } = ReadReq.Options.StreamOptions;
  switch (stream.getRevisionOptionCase()) {
    case RevisionOptionCase.REVISION_OPTION_NOT_SET:
      throw handlerFailed();
    case RevisionOptionCase.REVISION:
      return { streamName, from: clampToSafe(BigInt(stream.getRevision())) };
    case RevisionOptionCase.START:
      return { streamName, from: 'start' };
    case RevisionOptionCase.END:
      return { streamName, from: 'end' };
  }
}

function parseAllStart(options: Options): PositionStart {
  const all = options.getAll();
  const position = all?.getPosition();
  if (all?.hasStart() === true) return 'start';
  if (all?.hasEnd() === true) return 'end';
  if (position === undefined) throw handlerFailed();
  const commit = BigInt(position.getCommitPosition());
  return commit === END
    ? 'end'
    : { commit: clampToSafe(commit), prepare: clampToSafe(BigInt(position.getPreparePosition())) };
}

function requireValidCombination(options: Options): void {
  const isStream = options.hasStream();
  const countCase = options.getCountOptionCase();
  const filterCase = options.getFilterOptionCase();
  const backwards = options.getReadDirection() === ReadDirection.BACKWARDS;
  const valid =
    countCase !== CountOptionCase.COUNT_OPTION_NOT_SET &&
    filterCase !== FilterOptionCase.FILTER_OPTION_NOT_SET &&
    !(isStream && filterCase === FilterOptionCase.FILTER) &&
    !(backwards && countCase === CountOptionCase.SUBSCRIPTION);
  if (valid) return;
  const count = {
    [CountOptionCase.COUNT_OPTION_NOT_SET]: 'None',
    [CountOptionCase.COUNT]: 'Count',
    [CountOptionCase.SUBSCRIPTION]: 'Subscription',
  }[countCase];
  const filter = {
    [FilterOptionCase.FILTER_OPTION_NOT_SET]: 'None',
    [FilterOptionCase.FILTER]: 'Filter',
    [FilterOptionCase.NO_FILTER]: 'NoFilter',
  }[filterCase];
  throw invalidArgument(
    `The combination of (${isStream ? 'Stream' : 'All'}, ${count}, ${backwards ? 'Backwards' : 'Forwards'}, ${filter}) is invalid.`,
  );
}

/** @throws GrpcError if the filter is invalid */
function parseFilter(filter: FilterOptions | undefined, isSubscription: boolean): FilterRequest | undefined {
  if (filter === undefined) return undefined;
  const expression = parseFilterExpression(filter);
  if (expression === undefined)
    throw invalidArgument(`'${formatFilter(filter)}' is not a valid ${OPTIONS_TYPE}+Types+FilterOptions`);
  const { WindowCase } = ReadReq.Options.FilterOptions;
  if (filter.getWindowCase() === WindowCase.WINDOW_NOT_SET)
    throw invalidArgument(`'None' is not a valid ${OPTIONS_TYPE}+Types+FilterOptions+WindowOneofCase`);
  if (isSubscription && filter.getCheckpointintervalmultiplier() === 0) throw handlerFailed();
  const window = filter.getWindowCase() === WindowCase.MAX ? filter.getMax() : DEFAULT_WINDOW;
  return {
    matches: compile(expression),
    window: window === 0 ? DEFAULT_WINDOW : window,
    checkpointInterval: window * filter.getCheckpointintervalmultiplier(),
  };
}

/** Undefined if the filter has none. Groups have filters of the same type. */
export function parseFilterExpression(
  filter: Pick<FilterOptions, 'getStreamIdentifier' | 'getEventType'>,
): FilterExpression | undefined {
  const byStream = filter.getStreamIdentifier();
  const expression = byStream ?? filter.getEventType();
  return (
    expression && {
      on: byStream === undefined ? 'eventType' : 'streamName',
      regex: expression.getRegex(),
      prefixes: expression.getPrefixList(),
    }
  );
}

/** @throws GrpcError if the regular expression is invalid */
export function compile(expression: FilterExpression): EventFilter {
  try {
    return compileFilter(expression);
  } catch (error) {
    throw handlerFailed(error);
  }
}

/** The filter as .NET formats a message: the fields that are set, as JSON with spaces. */
function formatFilter(filter: FilterOptions): string {
  const multiplier = filter.getCheckpointintervalmultiplier();
  const fields = [
    ...(filter.hasMax() ? [`"max": ${filter.getMax()}`] : []),
    ...(filter.hasCount() ? ['"count": { }'] : []),
    ...(multiplier === 0 ? [] : [`"checkpointIntervalMultiplier": ${multiplier}`]),
  ];
  return fields.length === 0 ? '{ }' : `{ ${fields.join(', ')} }`;
}

export function clampToSafe(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

export const badReadArgument = (message: string): GrpcError =>
  new GrpcError(StatusCode.UNKNOWN, `Unexpected ReadStreamResult: Error >> ${message}`);
