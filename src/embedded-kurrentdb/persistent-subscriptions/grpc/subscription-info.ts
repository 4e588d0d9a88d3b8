import { formatSourcePosition, formatStart, sourceName } from '../rules/index.js';
import { type ConsumerReport, type GroupReport } from '../runtime/group-report.js';
import { persistentSubscriptions } from '../../protobuf.js';

const { SubscriptionInfo } = persistentSubscriptions;

type Info = InstanceType<typeof SubscriptionInfo>;
type ConnectionInfo = InstanceType<typeof SubscriptionInfo.ConnectionInfo>;

/** Limit of the int32 fields of the response; settings may exceed it. */
const MAX_INT32 = 2 ** 31 - 1;
const int32 = (value: number): number => Math.min(value, MAX_INT32);

/** Encodes a report for GetInfo and List. [consume.stream.ack] */
export function subscriptionInfo(report: GroupReport): Info {
  const { definition, rate } = report;
  const { source, groupName, start, settings } = definition;
  const positionText = (sourcePosition: number | undefined): string =>
    sourcePosition === undefined ? '' : formatSourcePosition(source.kind, sourcePosition);
  return new SubscriptionInfo()
    .setEventSource(sourceName(source))
    .setGroupName(groupName)
    .setStatus(statusOf(report))
    .setConnectionsList(report.consumers.map(connectionInfo))
    .setAveragePerSecond(int32(rate.perSecond))
    .setTotalItems(String(report.totalItems))
    .setCountSinceLastMeasurement(String(rate.count))
    .setLastCheckpointedEventPosition(positionText(report.checkpointedPosition))
    .setLastKnownEventPosition(positionText(report.lastKnownPosition))
    .setResolveLinkTos(settings.resolveLinks)
    .setStartFrom(formatStart(source.kind, start))
    .setMessageTimeoutMilliseconds(int32(settings.messageTimeoutMs))
    .setExtraStatistics(settings.extraStatistics)
    .setMaxRetryCount(settings.maxRetryCount)
    .setLiveBufferSize(settings.liveBufferSize)
    .setBufferSize(settings.historyBufferSize)
    .setReadBatchSize(settings.readBatchSize)
    .setCheckPointAfterMilliseconds(int32(settings.checkpointAfterMs))
    .setMinCheckPointCount(settings.minCheckpointCount)
    .setMaxCheckPointCount(settings.maxCheckpointCount)
    .setReadBufferCount(report.readBufferCount)
    .setLiveBufferCount('0')
    .setRetryBufferCount(report.retryBufferCount)
    .setTotalInFlightMessages(report.consumers.reduce((sum, { consumer }) => sum + consumer.inFlight, 0))
    .setOutstandingMessagesCount(report.outstandingCount)
    .setNamedConsumerStrategy(settings.consumerStrategy)
    .setMaxSubscriberCount(settings.maxSubscriberCount)
    .setParkedMessageCount(String(report.parkedCount));
}

/** KurrentDB's state flags, in its order. */
function statusOf({ isLive, isReplaying }: GroupReport): string {
  return [
    ...(isLive ? [] : ['Behind']),
    ...(isReplaying ? ['ReplayingParkedMessages'] : []),
    ...(isLive ? ['Live'] : []),
  ].join(', ');
}

function connectionInfo({ consumer, subscriber, rate }: ConsumerReport): ConnectionInfo {
  return new SubscriptionInfo.ConnectionInfo()
    .setFrom(subscriber.from)
    .setUsername(subscriber.userName)
    .setAverageItemsPerSecond(int32(rate.perSecond))
    .setTotalItems(String(consumer.totalItems))
    .setCountSinceLastMeasurement(String(rate.count))
    .setObservedMeasurementsList(
      consumer
        .measurements()
        .map(({ key, value }) => new SubscriptionInfo.Measurement().setKey(key).setValue(String(value))),
    )
    .setAvailableSlots(consumer.availableSlots)
    .setInFlightMessages(consumer.inFlight)
    .setConnectionName(subscriber.connectionName);
}
