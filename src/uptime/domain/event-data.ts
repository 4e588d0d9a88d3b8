import { stringThat } from '../../common/parse.js';
import { isServiceName } from '../../event-store/domain/index.js';

export const serviceName = stringThat('a service name', isServiceName);

/** An id that is allowed as a segment of a path. */
export const recordId = stringThat('1 to 100 letters, digits, _ or -', (text) => /^[\w-]{1,100}$/.test(text));

/** Rule for two timestamps; `to` is exclusive. */
export function rangeProblem({ from, to }: { readonly from: string; readonly to?: string }): string | undefined {
  return to === undefined || Date.parse(to) > Date.parse(from) ? undefined : 'to must be later than from';
}
