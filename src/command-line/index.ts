export { parseSeconds } from './duration.js';
export { withModule, withStore } from './modules.js';
export { addAdoptCommand } from './adopt.command.js';
export { addStoreCommands } from './store.command.js';
export { runProgram } from './run-program.js';
