import { type FactoryProvider, type InjectionToken } from '@nestjs/common';

/** Provider of a class without decorators of Nest. @param tokens of the arguments of its constructor, in order */
export function provide<Arguments extends unknown[], Service>(
  type: new (...args: Arguments) => Service,
  ...tokens: { [Index in keyof Arguments]: InjectionToken<Arguments[Index]> }
): FactoryProvider<Service> {
  return { provide: type, inject: tokens, useFactory: (...args: Arguments) => new type(...args) };
}
