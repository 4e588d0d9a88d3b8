import { type Server } from 'node:http';
import { ServiceAdapter } from './service-adapter.js';

describe('the HTTP server of the service', () => {
  it('limits the time for headers and for whole requests, and checks it every second', () => {
    const adapter = new ServiceAdapter({ shutdownTimeoutMs: 1 });
    adapter.initHttpServer();
    const server = adapter.getHttpServer() as Server;
    expect(server).toMatchObject({
      headersTimeout: 15_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 72_000,
      connectionsCheckingInterval: 1_000,
    });
  });
});
