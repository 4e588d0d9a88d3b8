import { type PipeTransform } from '@nestjs/common';
import { ValidationError } from '../../event-store/index.js';

/** For routes that take no query: a value that would be ignored is refused, so that a mistyped route or option shows. */
export class NoQueryPipe implements PipeTransform<Readonly<Record<string, unknown>>> {
  transform(query: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const names = Object.keys(query);
    if (names.length > 0) {
      throw new ValidationError(
        `The request is not valid: this route takes no query; leave out ${names.map((name) => `'${name}'`).join(', ')}`,
        {
          details: { mistakes: names.map((path) => ({ path, problem: 'should not exist' })) },
        },
      );
    }
    return query;
  }
}
