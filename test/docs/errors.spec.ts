import { ERROR_TYPES, type ErrorTypeName, errorNameOf } from '../../src/http/errors/error-mapping.js';
import { problemTypeOf } from '../../src/http/errors/problem.js';
import { readDocument } from './curl-samples.js';
import { tableRows } from '../support/markdown-table.js';

const page = readDocument('docs/errors.md');

const rows = tableRows(page);

describe('docs/errors.md', () => {
  it('has every error type with its name, status and meaning, and no other', () => {
    const types = (Object.keys(ERROR_TYPES) as ErrorTypeName[])
      .map((type) => ({ type, ...ERROR_TYPES[type] }))
      .sort((one, other) => one.status - other.status || (one.type < other.type ? -1 : 1));
    expect(rows).toEqual(
      types.map(({ type, status, meaning }) => [`\`${type}\``, errorNameOf(type), String(status), meaning]),
    );
  });

  it('shows the URI of a problem type', () => {
    expect(page).toContain(`"type": "${problemTypeOf('validation-error')}"`);
  });
});
