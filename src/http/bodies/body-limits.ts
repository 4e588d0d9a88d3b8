import { SetMetadata } from '@nestjs/common';

/** Bounds of a request body after decompression. */
export interface BodyLimits {
  readonly bytes: number;
  /** Values and names of members, nested ones included. */
  readonly values: number;
}

/** Of every route without {@link DataBody}. */
export const SMALL_BODY: BodyLimits = { bytes: 65_536, values: 2_000 };

export const DATA_BODY = 'data-body';

/** Marks a route whose body has data of a user: its limits are those of the configuration. */
export function DataBody(): MethodDecorator {
  return SetMetadata(DATA_BODY, true);
}
