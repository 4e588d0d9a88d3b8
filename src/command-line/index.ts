export { parseSeconds } from './duration.js';
export { withModule, withStore } from './modules.js';
export { runProgram } from './run-program.js';
