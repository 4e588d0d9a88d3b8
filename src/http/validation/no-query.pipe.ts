import { type PipeTransform } from '@nestjs/common';
import { knownNames } from '../../common/nearest.js';
import { ValidationError } from '../../event-store/index.js';

/** Rejects query parameters on routes that accept none: ignoring them would hide mistyped routes and options. */
export class NoQueryPipe implements PipeTransform<Readonly<Record<string, unknown>>> {
  transform(query: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const names = Object.keys(query);
    if (names.length > 0) {
      const quoted = names.map((name) => `'${name}'`).join(', ');
      throw new ValidationError(`The request is not valid: this route accepts no query parameters; remove ${quoted}`, {
        issues: names.map((path) => ({ path, problem: `is not a known query parameter; ${knownNames(path, [])}` })),
      });
    }
    return query;
  }
}
