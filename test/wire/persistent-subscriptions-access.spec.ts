import { credentials, Metadata } from '@grpc/grpc-js';
import usersGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/usermanagement_grpc_pb.js';
import usersPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/usermanagement_pb.js';
import {
  AccessDeniedError,
  KurrentDBClient,
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  START,
} from '@kurrent/kurrentdb-client';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { counted, newStream } from '../support/embedded-client.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';
import { PersistentConsumer } from '../support/persistent-consumer.js';

const GROUP = 'group';
const SETTINGS = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START });

describe('access to persistent subscriptions', () => {
  let directory: string;
  let server: KurrentDBServer;
  const clients: KurrentDBClient[] = [];

  const as = (userInfo: string): KurrentDBClient => {
    const client = KurrentDBClient.connectionString(server.connectionString.replace('admin:changeit@', userInfo));
    clients.push(client);
    return client;
  };

  const createUser = async (loginName: string, password: string): Promise<void> => {
    const client = new usersGrpc.UsersClient(
      `localhost:${server.port}`,
      credentials.createSsl(readFileSync(join(directory, 'tls', 'ca.crt'))),
    );
    const headers = new Metadata();
    headers.set('authorization', `Basic ${Buffer.from('admin:changeit').toString('base64')}`);
    const options = new usersPb.CreateReq.Options()
      .setLoginName(loginName)
      .setPassword(password)
      .setFullName(loginName);
    await new Promise<void>((resolve, reject) =>
      client.create(new usersPb.CreateReq().setOptions(options), headers, (error) =>
        error ? reject(error) : resolve(),
      ),
    );
    client.close();
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'embedded-groups-access-'));
    server = await KurrentDBServer.start('--data', directory, '--port', '0');
    await createUser('user', 'secret-1');
  });
  afterAll(async () => {
    for (const client of clients) await client.dispose();
    await server.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  itWithOwnServer(
    'operators manage groups; users read their statistics and consume streams that they may read',
    async () => {
      const [ops, user] = [as('ops:changeit@'), as('user:secret-1@')];
      const stream = newStream();
      await user.appendToStream(stream, counted(1));
      await expect(user.createPersistentSubscriptionToStream(stream, GROUP, SETTINGS)).rejects.toThrow(
        AccessDeniedError,
      );
      await ops.createPersistentSubscriptionToStream(stream, GROUP, SETTINGS);
      for (const denied of [
        () => user.updatePersistentSubscriptionToStream(stream, GROUP, SETTINGS),
        () => user.deletePersistentSubscriptionToStream(stream, GROUP),
        () => user.replayParkedMessagesToStream(stream, GROUP),
        () => user.restartPersistentSubscriptionSubsystem(),
        () => user.createPersistentSubscriptionToAll(GROUP, persistentSubscriptionToAllSettingsFromDefaults()),
      ]) {
        await expect(denied()).rejects.toThrow(AccessDeniedError);
      }
      expect((await user.getPersistentSubscriptionToStreamInfo(stream, GROUP)).groupName).toBe(GROUP);
      expect(await user.listAllPersistentSubscriptions()).toHaveLength(1);
      const consumer = await PersistentConsumer.ofStream(user, stream, GROUP);
      await consumer.received(1);
      const { connections } = await ops.getPersistentSubscriptionToStreamInfo(stream, GROUP);
      expect(connections.map(({ username }) => username)).toEqual(['user']);
      await consumer.close();
    },
  );

  itWithOwnServer('rejects consumers without read access to the stream or $all', async () => {
    const [admin, user] = [as('admin:changeit@'), as('user:secret-1@')];
    const stream = newStream();
    await admin.appendToStream(stream, counted(1));
    await admin.setStreamMetadata(stream, {
      acl: {
        readRoles: ['$admins'],
        writeRoles: ['$admins'],
        deleteRoles: ['$admins'],
        metaReadRoles: ['$admins'],
        metaWriteRoles: ['$admins'],
      },
    });
    await admin.createPersistentSubscriptionToStream(stream, GROUP, SETTINGS);
    await admin.createPersistentSubscriptionToAll('all', persistentSubscriptionToAllSettingsFromDefaults());
    await expect(PersistentConsumer.ofStream(user, stream, GROUP)).rejects.toThrow(AccessDeniedError);
    await expect(PersistentConsumer.ofAll(user, 'all')).rejects.toThrow(AccessDeniedError);
  });

  itWithOwnServer('rejects anonymous calls', async () => {
    const stream = newStream();
    await as('admin:changeit@').createPersistentSubscriptionToStream(stream, GROUP, SETTINGS);
    const anonymous = as('');
    for (const denied of [
      () => anonymous.getPersistentSubscriptionToStreamInfo(stream, GROUP),
      () => anonymous.listAllPersistentSubscriptions(),
      () => anonymous.deletePersistentSubscriptionToStream(stream, GROUP),
      () => PersistentConsumer.ofStream(anonymous, stream, GROUP),
    ]) {
      await expect(denied()).rejects.toThrow(AccessDeniedError);
    }
  });
});
