import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiProduces } from '@nestjs/swagger';

export const PRODUCED_TYPES = 'produced-types';

/** Declares the media type of a route that does not respond with JSON. */
export function Produces(type: string): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(PRODUCED_TYPES, [type]), ApiProduces(type));
}

/** Responds whatever the client accepts, for orchestrators and other clients that look at the status only. */
export function IgnoresAccept(): MethodDecorator & ClassDecorator {
  return SetMetadata(PRODUCED_TYPES, []);
}
