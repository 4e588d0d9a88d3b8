/** Byte order marks, which precede any other declaration. */
const BYTE_ORDER_MARKS: readonly (readonly [label: string, bytes: Buffer])[] = [
  ['utf-8', Buffer.from([0xef, 0xbb, 0xbf])],
  ['utf-16be', Buffer.from([0xfe, 0xff])],
  ['utf-16le', Buffer.from([0xff, 0xfe])],
];
const DEFAULT_CHARSET = 'utf-8';
/** How far browsers look for a declaration within a document. */
const DECLARATION_BYTES = 1_024;
/** Characters 0x80 to 0x9f of windows-1252, which Node decodes as those of ISO-8859-1 (20.20.2). */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/**
 * The text of a body, without byte order mark. Its charset is that of the byte order mark, of the header Content-Type,
 * or of the declaration in an HTML or XML document; else UTF-8. Labels are those of the WHATWG Encoding Standard, such
 * as `latin1`; unknown ones are ignored, as browsers do.
 */
export function decodeText(bytes: Buffer, contentType = ''): string {
  const label =
    BYTE_ORDER_MARKS.find(([, mark]) => bytes.subarray(0, mark.length).equals(mark))?.[0] ??
    knownLabel(/;\s*charset\s*=\s*["']?([^\s"';]+)/i.exec(contentType)?.[1]) ??
    knownLabel(declaredLabel(bytes, contentType)) ??
    DEFAULT_CHARSET;
  const decoder = new TextDecoder(label);
  if (decoder.encoding !== 'windows-1252') return decoder.decode(bytes);
  return bytes
    .toString('latin1')
    .replace(/[\u0080-\u009f]/g, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80] ?? character);
}

function declaredLabel(bytes: Buffer, contentType: string): string | undefined {
  const [, format] = /^[^;]*[/+](html|xml)\s*(?:;|$)/i.exec(contentType) ?? [];
  if (format === undefined) return undefined;
  const beginning = bytes.toString('latin1', 0, DECLARATION_BYTES);
  const [, label] =
    /^<\?xml\s[^>]*encoding\s*=\s*["']([^"']+)/.exec(beginning) ??
    /<meta\s[^>]*charset\s*=\s*["']?([^\s"'/>;]+)/i.exec(beginning) ??
    [];
  // The declaration was readable as ASCII.
  return label === undefined || /^utf-?16/i.test(label) ? undefined : label;
}

function knownLabel(label: string | undefined): string | undefined {
  try {
    return label === undefined ? undefined : new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}
