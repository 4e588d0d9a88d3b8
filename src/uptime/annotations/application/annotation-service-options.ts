import { type Clock } from '../../../event-store/domain/index.js';
import { type LiveServices, type UptimeHistory } from '../../domain/index.js';
import { type AnnotationIds } from './annotation-ids.js';
import { type AnnotationWriter } from './annotation-writer.js';

/** Dependencies of a service that records annotations of one kind. */
export interface AnnotationServiceOptions<Kind extends 'corrections' | 'maintenance'> {
  readonly history: Pick<UptimeHistory, Kind | 'services'>;
  readonly live: LiveServices;
  readonly writer: AnnotationWriter;
  readonly ids: AnnotationIds;
  readonly clock: Clock;
}
