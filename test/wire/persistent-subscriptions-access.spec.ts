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

describe('who may do what with persistent subscriptions', () => {
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
    await createUser('someone', 'secret-1');
  });
  afterAll(async () => {
    for (const client of clients) await client.dispose();
    await server.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  itWithOwnServer('operators manage groups; users look at them and consume what they may read', async () => {
    const [ops, someone] = [as('ops:changeit@'), as('someone:secret-1@')];
    const stream = newStream();
    await someone.appendToStream(stream, counted(1));
    await expect(someone.createPersistentSubscriptionToStream(stream, GROUP, SETTINGS)).rejects.toThrow(
      AccessDeniedError,
    );
    await ops.createPersistentSubscriptionToStream(stream, GROUP, SETTINGS);
    for (const denied of [
      () => someone.updatePersistentSubscriptionToStream(stream, GROUP, SETTINGS),
      () => someone.deletePersistentSubscriptionToStream(stream, GROUP),
      () => someone.replayParkedMessagesToStream(stream, GROUP),
      () => someone.restartPersistentSubscriptionSubsystem(),
      () => someone.createPersistentSubscriptionToAll(GROUP, persistentSubscriptionToAllSettingsFromDefaults()),
    ]) {
      await expect(denied()).rejects.toThrow(AccessDeniedError);
    }
    expect((await someone.getPersistentSubscriptionToStreamInfo(stream, GROUP)).groupName).toBe(GROUP);
    expect(await someone.listAllPersistentSubscriptions()).toHaveLength(1);
    const consumer = await PersistentConsumer.ofStream(someone, stream, GROUP);
    await consumer.received(1);
    const { connections } = await ops.getPersistentSubscriptionToStreamInfo(stream, GROUP);
    expect(connections.map(({ username }) => username)).toEqual(['someone']);
    await consumer.close();
  });

  itWithOwnServer('nobody consumes a stream, or $all, that he may not read', async () => {
    const [admin, someone] = [as('admin:changeit@'), as('someone:secret-1@')];
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
    await expect(PersistentConsumer.ofStream(someone, stream, GROUP)).rejects.toThrow(AccessDeniedError);
    await expect(PersistentConsumer.ofAll(someone, 'all')).rejects.toThrow(AccessDeniedError);
  });

  itWithOwnServer('who does not say who he is gets nothing', async () => {
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
