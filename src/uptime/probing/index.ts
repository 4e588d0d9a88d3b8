export { ProberRuntime } from './prober-runtime.js';
export { ProbingModule } from './probing.module.js';
