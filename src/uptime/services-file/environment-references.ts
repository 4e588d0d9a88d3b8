import { type Environment } from '../../config/index.js';

export interface Resolved {
  /** With every `${NAME}` replaced by what the environment holds, and `$${` by `${`; of no use where there are mistakes. */
  readonly text: string;
  /** Names that were filled in: what the text holds now is not to be shown. */
  readonly names: readonly string[];
  /** They show names, never values. */
  readonly mistakes: readonly string[];
}

/** `$${`, `${NAME}`, or a `${` that begins neither. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{/g;

/** Fills in the references of a text to the environment. What is filled in is not looked at again; nothing else is interpreted. */
export function resolveReferences(text: string, environment: Environment): Resolved {
  const names: string[] = [];
  const mistakes: string[] = [];
  const resolved = text.replace(REFERENCE, (found: string, name: string | undefined) => {
    if (found === '$${') return '${';
    if (name === undefined) {
      mistakes.push(
        '`${` begins a reference to the environment, such as ${SHOP_TOKEN}; write $${ for the two characters themselves',
      );
      return '';
    }
    names.push(name);
    const value = environment[name];
    // As for every variable of this service, an empty one counts as not set.
    if (value === undefined || value === '')
      mistakes.push(`${name} is not set in the environment; set it, or write $\${${name}} for the text itself`);
    return value ?? '';
  });
  return { text: resolved, names, mistakes };
}
