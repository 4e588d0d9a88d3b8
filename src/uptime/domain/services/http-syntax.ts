/** Whether a text is a token of HTTP (RFC 9110, 5.6.2): the name of a header, or of a subprotocol of WebSocket (RFC 6455, 4.1). */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/.test(text);
}

/** Whether a header says how the connection is used: a probe sets these itself. */
export function isOwnHeader(name: string): boolean {
  return /^(?:connection|content-length|transfer-encoding|upgrade|sec-websocket-.*)$/i.test(name);
}
