// Lower bound of a REST append: parse the JSON, append it with the official client, respond with the revision. No
// token, no permissions, no schema, no quota, no read model, no log. `rest-append.mjs` measures it beside the service.
//
//   node test/bench/bare-rest.mjs express | node        on Express, or on node's own HTTP server alone
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import express from 'express';
import { createServer } from 'node:http';
import { appendRaw } from './user-write.mjs';

const [kind] = process.argv.slice(2);
const client = KurrentDBClient.connectionString(process.env.KURRENTDB_CONNECTION_STRING);

async function append(user, { data }) {
  const { nextExpectedRevision } = await appendRaw(client, `bench-${kind}-${user}`, data);
  return { revision: Number(nextExpectedRevision) };
}

function onExpress() {
  const app = express();
  app.use(express.json());
  app.put('/api/users/:user/streams/profile', async ({ params, body }, response) =>
    response.json(await append(params.user, body)),
  );
  return createServer(app);
}

function onNode() {
  return createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part) => (text += part));
    request.on('end', async () => {
      const body = JSON.stringify(await append(request.url.split('/')[3], JSON.parse(text)));
      response
        .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
        .end(body);
    });
  });
}

const server = kind === 'express' ? onExpress() : onNode();
server.listen(0, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit());
