import { type Consumer, type GroupDefinition, type GroupStatistics, type Rate } from '../rules/index.js';
import { type Subscriber } from './subscriber.js';

/** What a group tells of itself. */
export interface GroupReport extends Omit<GroupStatistics, 'consumers'> {
  readonly definition: GroupDefinition;
  /** Nothing of its source is left to be read. */
  readonly isLive: boolean;
  /** Parked events are being read to be given out again. */
  readonly isReplaying: boolean;
  /** Deliveries since it was asked before. */
  readonly rate: Rate;
  /** Place of the last event that is known to be there. */
  readonly lastKnownPosition: number | undefined;
  readonly checkpointedPosition: number | undefined;
  readonly parkedCount: number;
  readonly consumers: readonly ConsumerReport[];
}

export interface ConsumerReport {
  readonly consumer: Consumer;
  readonly subscriber: Pick<Subscriber, 'userName' | 'from' | 'connectionName'>;
  readonly rate: Rate;
}
