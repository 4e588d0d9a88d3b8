import { type Consumer, type GroupDefinition, type GroupStatistics, type Rate } from '../rules/index.js';
import { type Subscriber } from './subscriber.js';

/** Statistics of a group for GetInfo and List. */
export interface GroupReport extends Omit<GroupStatistics, 'consumers'> {
  readonly definition: GroupDefinition;
  readonly isLive: boolean;
  readonly isReplaying: boolean;
  readonly rate: Rate;
  /** Source position of the last known event. */
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
