export { parseSeconds } from './duration.js';
export { withModule, withStore } from './modules.js';
export { addStoreCommands } from './store.command.js';
export { runProgram } from './run-program.js';
