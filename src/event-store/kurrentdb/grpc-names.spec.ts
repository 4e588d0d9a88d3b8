import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { KurrentDBServer } from '../../../test/support/kurrentdb-server.js';
import { NameServer } from '../../../test/support/name-server.js';
import { NameResolver } from '../../common/network/name-resolver.js';
import { sleep } from '../../common/wait.js';
import { resolveGrpcTargets } from './grpc-names.js';

describe('the client of KurrentDB', () => {
  it('asks the configured name server for the host, and again when the name has moved', async () => {
    const names = await NameServer.start({ 'store.example': { A: ['127.0.0.1'] } });
    resolveGrpcTargets(new NameResolver(names.files));
    const server = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
    const byName = (host: string): KurrentDBClient =>
      KurrentDBClient.connectionString(server.connectionString.replace(/(127\.0\.0\.1|localhost)/, host));
    const [client, lost] = [byName('store.example'), byName('nowhere.example')];
    const append = (to: KurrentDBClient): Promise<unknown> =>
      to.appendToStream('test', jsonEvent({ type: 'Tested', data: {} }), { deadline: 5_000 });
    try {
      await append(client);
      expect(names.questions).toContain('A store.example');
      await expect(append(lost)).rejects.toThrow('Name resolution failed for target');
      names.set('nowhere.example', { A: ['127.0.0.1'] });
      await append(lost);
    } finally {
      await Promise.all([client.dispose(), lost.dispose()]);
      await server.kill('SIGKILL');
      names.stop();
    }
  });

  it('resolves an address that refuses connections once a second at most', async () => {
    let count = 0;
    class CountingResolver extends NameResolver {
      override lookupAll(host: string, signal: AbortSignal): Promise<readonly string[]> {
        // Without an end, look-ups that follow each other at once would stop the event loop.
        return ++count > 100 ? new Promise(() => undefined) : super.lookupAll(host, signal);
      }
    }
    resolveGrpcTargets(new CountingResolver());
    const client = KurrentDBClient.connectionString('kurrentdb://127.0.0.1:1?tls=false');
    try {
      await expect(client.appendToStream('test', jsonEvent({ type: 'Tested', data: {} }))).rejects.toThrow();
      await sleep(1_500);
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(10);
    } finally {
      await client.dispose();
    }
  });
});
