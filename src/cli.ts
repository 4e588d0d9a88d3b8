import './common/private-umask.js';
import 'reflect-metadata';
import { Command } from 'commander';
import { addAdoptCommand, addStoreCommands, runProgram } from './command-line/index.js';
import { addApiKeyCommands } from './identity/commands/api-keys.command.js';
import { addTokenCommand } from './identity/commands/token.command.js';
import { addUptimeCommands } from './uptime/history/commands/uptime.command.js';

/** Command line `npm run streams -- <command>`; uses the modules and the configuration of the service. */
const program = new Command('npm run streams --').description("Penguin Pool's streams, from the command line");
addTokenCommand(program);
addApiKeyCommands(program);
addUptimeCommands(program);
addStoreCommands(program);
addAdoptCommand(program, async () => (await import('./identity/api-keys/index.js')).ApiKeysModule);
await runProgram(program, process.argv);
