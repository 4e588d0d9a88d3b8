// Run with a file size limit: fills an embedded server until it rejects appends, and checks that all acknowledged
// events exist.
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { start } from '../../dist/embedded-kurrentdb/index.js';

const server = await start({ dataDir: process.argv[2], insecure: true, onProblem: () => undefined });
const client = KurrentDBClient.connectionString(server.connectionString);
let acknowledged = 0;
let rejection;
for (let n = 0; n < 2000 && rejection === undefined; n++) {
  try {
    await client.appendToStream('filling', [jsonEvent({ type: 'filler', data: { text: 'x'.repeat(4000) } })]);
    acknowledged++;
  } catch (error) {
    rejection = error;
  }
}
let found = 0;
for await (const resolved of client.readStream('filling')) if (resolved.event) found++;
if (rejection === undefined) throw new Error('no append was rejected');
if (found !== acknowledged) throw new Error(`${acknowledged} events were acknowledged, ${found} exist`);
console.log('rejected, and all acknowledged events exist');
await client.dispose();
await server.stop();
process.exit(0);
