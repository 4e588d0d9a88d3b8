import { type ServerResponse } from 'node:http';
import { SubjectBudget } from '../../common/subject-budget.js';

/** Of one process: less than a quarter of a heap of 512 MB. */
const MAX_TOTAL = 128 * 1_048_576;
/** Of one user or address. */
const MAX_PER_SUBJECT = 32 * 1_048_576;

/** Half of the time without a byte after which a client does not read: Node looks once more after that. */
const MAX_UNREAD_MS = 15_000;

/** Memory of responses until their clients have read them, in bytes. */
export class ResponseBudget extends SubjectBudget {
  constructor() {
    super(MAX_TOTAL, MAX_PER_SUBJECT);
  }
}

/** Closes the connection if its client takes nothing for half a minute, until the response is sent. */
export function closeIfUnread(response: ServerResponse): void {
  response.setTimeout(MAX_UNREAD_MS);
}

/** Reverts {@link closeIfUnread}. */
export function stayOpen(response: ServerResponse): void {
  response.setTimeout(0);
}
