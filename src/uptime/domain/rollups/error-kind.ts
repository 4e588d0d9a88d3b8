const MAX_KIND_LENGTH = 64;
/** The rest of a longer error is ignored. */
const MAX_INPUT_LENGTH = 500;

/** Parts that vary between errors of one kind; status codes are kept, as they distinguish kinds. */
const VARIABLE_PARTS = [
  /\b[a-z][a-z+.-]*:\/\/\S+/gi,
  /\[[0-9a-f:.]+\](:\d+)?/gi,
  /(?<=^|[\s(=:])(["'`]).*?\1(?=$|[\s).,;:])/g,
  /\b[\w-]+((\.[\w-]+)+(:\d+)?|:\d+)\b/g,
  /\b(?=[0-9a-f-]*\d)[0-9a-f-]{8,}\b/gi,
  /(?<!answered )\b\d+\b/g,
];

/**
 * Key by which similar errors are counted: the error with addresses, quoted values, ids and numbers replaced by `#`.
 *
 * @param error as in a sample: `no answer within 5000 ms` becomes `no answer within # ms`
 */
export function errorKindOf(error: string): string {
  const kind = VARIABLE_PARTS.reduce((result, part) => result.replace(part, '#'), error.slice(0, MAX_INPUT_LENGTH))
    .replace(/\s+/g, ' ')
    .trim();
  return kind.length > MAX_KIND_LENGTH ? kind.slice(0, MAX_KIND_LENGTH).trimEnd() : kind;
}
