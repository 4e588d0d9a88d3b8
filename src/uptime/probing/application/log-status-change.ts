import { toTimestamp } from '../../../common/time.js';
import { isWorse, type ServiceStatus, type StatusChange } from '../../domain/index.js';
import { type Log } from './log.js';

/** Logs a recorded change: a warning for the worse, information for the better. @param from the status before it */
export function logStatusChange(
  log: Log,
  { serviceName, status, at, metadata }: StatusChange,
  from: ServiceStatus,
): void {
  const since = toTimestamp(at);
  const because = metadata.error === undefined ? '' : `: ${metadata.error}`;
  const message = `${serviceName} is ${status} since ${since}, was ${from}${because}`;
  const fields = { service: serviceName, from, to: status, since, evidence: metadata };
  if (isWorse(status, from)) log.warn(message, fields);
  else log.info(message, fields);
}
