import { UnsupportedMediaTypeException } from '@nestjs/common';
import { type IncomingMessage, type ServerResponse } from 'node:http';

/** Accepted media types of request bodies; the second one is defined by RFC 7396. */
export const JSON_MEDIA_TYPES = ['application/json', 'application/merge-patch+json'];

/** Rejects bodies of other media types, which the body parser would silently ignore. */
export function acceptJsonOnly(
  { headers }: IncomingMessage,
  _response: ServerResponse,
  next: (error?: Error) => void,
): void {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (!hasBody || (type !== undefined && JSON_MEDIA_TYPES.includes(type))) next();
  else
    next(
      new UnsupportedMediaTypeException(
        `Send the body as JSON, with the header Content-Type: ${JSON_MEDIA_TYPES.join(' or ')}`,
      ),
    );
}
