import { type Environment } from '../../config/index.js';

export interface Resolved {
  /** The string with `${NAME}` replaced by the variable and `$${` by `${`; only valid without issues. */
  readonly text: string;
  /** Variables that were used: if there are any, the string may contain secrets and must not be shown. */
  readonly names: readonly string[];
  /** Contain names, never values. */
  readonly issues: readonly string[];
}

/** `$${`, `${NAME}`, or a `${` that is neither. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{/g;

/** Resolves references to environment variables. References in the inserted values are not resolved. */
export function resolveReferences(text: string, environment: Environment): Resolved {
  const names: string[] = [];
  const issues: string[] = [];
  const resolved = text.replace(REFERENCE, (found: string, name: string | undefined) => {
    if (found === '$${') return '${';
    if (name === undefined) {
      issues.push('`${` must begin a reference to the environment, such as ${SHOP_TOKEN}; write $${ for a literal ${');
      return '';
    }
    names.push(name);
    const value = environment[name];
    // An empty variable counts as not set, as for every variable of this service.
    if (value === undefined || value === '')
      issues.push(`${name} is not set in the environment; set it, or write $\${${name}} for a literal \${${name}}`);
    return value ?? '';
  });
  return { text: resolved, names, issues };
}
