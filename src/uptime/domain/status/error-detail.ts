import { type Caller, hasRole } from '../../../event-store/domain/index.js';
import { errorKindOf } from '../rollups/error-kind.js';

/** Who gets the full text of an error, which names internal hosts: everyone, or who may read system streams. */
export type ErrorDetail = 'operators' | 'public';

/** Errors that end with text of the probed server. */
const WITH_FOREIGN_TEXT = /^(the query failed|\S+ rejected the connection|the URL is not valid): .*$/s;

/** Whether a caller gets the full text of errors. */
export function seesErrors(caller: Caller, detail: ErrorDetail): boolean {
  return detail === 'public' || hasRole(caller, 'system', 'admin');
}

/** Evidence as a caller gets it. @param seesErrors of {@link seesErrors} */
export function evidenceFor<Evidence extends { readonly error?: string | undefined }>(
  evidence: Evidence,
  seesErrors: boolean,
): Evidence {
  return seesErrors ? evidence : withErrorKind(evidence);
}

/** Evidence with the kind of its error only: without hosts, ports, names, numbers and texts of other programs. */
export function withErrorKind<Evidence extends { readonly error?: string | undefined }>(evidence: Evidence): Evidence {
  const { error } = evidence;
  return error === undefined ? evidence : { ...evidence, error: errorKindOf(error.replace(WITH_FOREIGN_TEXT, '$1')) };
}
