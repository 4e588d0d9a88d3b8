export { Prober } from './application/index.js';
export { ProbingModule } from './probing.module.js';
