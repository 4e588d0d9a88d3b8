import './common/private-umask.js';
import './common/process-output.js';

// Before anything else is loaded: as process 1 of a container, this process ignores signals that it does not handle.
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const exit = (): void => process.exit(0);
for (const signal of SIGNALS) process.on(signal, exit);

const { startService } = await import('./start-service.js');
await startService(() => {
  for (const signal of SIGNALS) process.off(signal, exit);
});
