/** The type of a link event: its data is `revision@stream`. */
export const LINK_TYPE = '$>';

interface LinkTarget {
  readonly revision: number;
  readonly streamName: string;
}

/** Parses the data of a link; undefined if it is malformed. */
export function parseLink(data: string): LinkTarget | undefined {
  const at = data.indexOf('@');
  const revision = data.slice(0, at);
  const streamName = data.slice(at + 1);
  if (at < 1 || streamName === '' || !/^\d{1,19}$/.test(revision)) return undefined;
  return { revision: Number(revision), streamName };
}
