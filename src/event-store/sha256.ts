import { hash } from 'node:crypto';
import { type Digest } from './commands/index.js';

export const sha256: Digest = (text) => hash('sha256', text);
