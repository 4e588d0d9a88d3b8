// Run with a limit on the size of files: fills an embedded server until it refuses, and looks whether it told the truth.
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { start } from '../../dist/embedded-kurrentdb/index.js';

const server = await start({ dataDir: process.argv[2], insecure: true, onProblem: () => undefined });
const client = KurrentDBClient.connectionString(server.connectionString);
let acknowledged = 0;
let refusal;
for (let n = 0; n < 2000 && refusal === undefined; n++) {
  try {
    await client.appendToStream('filling', [jsonEvent({ type: 'filler', data: { text: 'x'.repeat(4000) } })]);
    acknowledged++;
  } catch (error) {
    refusal = error;
  }
}
let found = 0;
for await (const resolved of client.readStream('filling')) if (resolved.event) found++;
if (refusal === undefined) throw new Error('the disk never got full');
if (found !== acknowledged) throw new Error(`${acknowledged} events were acknowledged, ${found} are there`);
console.log('refused, and all acknowledged events are there');
await client.dispose();
await server.stop();
process.exit(0);
