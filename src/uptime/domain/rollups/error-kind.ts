const LONGEST = 64;
/** No more of a text is looked at. */
const LOOKED_AT = 500;

/** What changes from one error of a kind to the next; a status code, which tells kinds apart, is left where it is. */
const CHANGING = [
  /\b[a-z][a-z+.-]*:\/\/\S+/gi,
  /\[[0-9a-f:.]+\](:\d+)?/gi,
  /(?<=^|[\s(=:])(["'`]).*?\1(?=$|[\s).,;:])/g,
  /\b[\w-]+((\.[\w-]+)+(:\d+)?|:\d+)\b/g,
  /\b(?=[0-9a-f-]*\d)[0-9a-f-]{8,}\b/gi,
  /(?<!answered )\b\d+\b/g,
];

/**
 * A short key that errors of one kind have in common: the text without addresses, quoted values, ids and numbers, each of which
 * becomes `#`.
 *
 * @param error as in a sample: `no answer within 5000 ms` is of the kind `no answer within # ms`
 */
export function errorKindOf(error: string): string {
  const text = CHANGING.reduce((shorter, changing) => shorter.replace(changing, '#'), error.slice(0, LOOKED_AT))
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > LONGEST ? text.slice(0, LONGEST).trimEnd() : text;
}
