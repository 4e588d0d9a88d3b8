import { UnsupportedMediaTypeException } from '@nestjs/common';
import { type IncomingMessage, type ServerResponse } from 'node:http';

/** Media types of request bodies that are read; the second one is RFC 7396's. */
export const JSON_MEDIA_TYPES = ['application/json', 'application/merge-patch+json'];

/** Refuses a body of any other type, which would silently count as none. Requests without a body pass, whatever they declare. */
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
