// The least that a REST append can be on this stack: Express reads the JSON, the official client appends it, the answer is its revision.
// No token, no permissions, no schema, no quota, no read model, no log. `rest-append.mjs` measures it beside the service.
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import express from 'express';

const client = KurrentDBClient.connectionString(process.env.KURRENTDB_CONNECTION_STRING);
const app = express();
app.use(express.json());
app.put('/api/users/:user/streams/profile', async ({ params, body }, response) => {
  const event = jsonEvent({ type: 'UserDataUpdated', data: body.data, metadata: { source: 'bench' } });
  const { nextExpectedRevision } = await client.appendToStream(`bench-bare-${params.user}`, event);
  response.json({ revision: Number(nextExpectedRevision) });
});
const server = app.listen(0, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit());
