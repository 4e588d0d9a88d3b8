/** The type of an event whose data names another event: `revision@stream`. */
export const LINK_TYPE = '$>';

export interface LinkTarget {
  readonly revision: number;
  readonly streamName: string;
}

/** The event that the data of a link names; undefined if it is malformed. */
export function parseLink(data: string): LinkTarget | undefined {
  const at = data.indexOf('@');
  const revisionText = data.slice(0, at);
  const streamName = data.slice(at + 1);
  if (at < 1 || streamName === '' || !/^\d{1,19}$/.test(revisionText)) return undefined;
  return { revision: Number(revisionText), streamName };
}
