import { Controller, Get, type INestApplication, Module, Post } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { type Server } from 'node:http';
import request from 'supertest';
import { MemoryLog } from '../../test/support/memory-log.js';
import { systemClock } from '../common/clock.js';
import { StoreWatch } from '../event-store/index.js';
import { Access } from './access-policy.js';
import { DomainExceptionFilter } from './errors/domain-exception.filter.js';
import { ReplacedStoreGuard } from './replaced-store.guard.js';
import { assignRequestId } from './request-id.js';

@Controller()
class Routes {
  @Get('public')
  @Access({ kind: 'public' })
  public(): void {
    return undefined;
  }

  @Get('health')
  @Access({ kind: 'open', group: 'health' })
  health(): void {
    return undefined;
  }

  @Post('report')
  @Access({ kind: 'route' })
  report(): void {
    return undefined;
  }

  @Get('uptime')
  @Access({ kind: 'open', group: 'uptime' })
  uptime(): void {
    return undefined;
  }

  @Get('stream')
  @Access({ kind: 'stream' })
  stream(): void {
    return undefined;
  }

  @Post('authenticated')
  @Access({ kind: 'authenticated' })
  authenticated(): void {
    return undefined;
  }

  @Post('roles')
  @Access({ kind: 'roles', roles: ['admin'] })
  roles(): void {
    return undefined;
  }
}

describe('a route while the store is being replaced', () => {
  let app: INestApplication<Server>;
  let rebuilt: () => void;

  beforeEach(async () => {
    const log = new MemoryLog();
    const watch = new StoreWatch(log, systemClock);
    @Module({
      controllers: [Routes],
      providers: [
        { provide: StoreWatch, useValue: watch },
        { provide: APP_GUARD, useClass: ReplacedStoreGuard },
        { provide: APP_FILTER, useClass: DomainExceptionFilter },
      ],
    })
    class TestModule {}
    app = await NestFactory.create<INestApplication<Server>>(TestModule, { logger: false });
    app.use(assignRequestId);
    await app.init();

    log.append('stream');
    watch.listen({ rebuild: () => new Promise((resolve) => (rebuilt = resolve)) });
    await watch.follow().assertSame();
    log.events = [];
    const following = watch.follow();
    following.interrupted();
    await following.assertSame().catch(() => undefined);
  });
  afterEach(() => app.close());

  const send = (path: string): request.Test =>
    ['report', 'authenticated', 'roles'].includes(path)
      ? request(app.getHttpServer()).post(`/${path}`)
      : request(app.getHttpServer()).get(`/${path}`);

  it.each(['public', 'health', 'report'])('answers if it depends on no table: %s', async (path) => {
    expect((await send(path)).status).toBeLessThan(300);
  });

  it.each(['uptime', 'stream', 'authenticated', 'roles'])('answers 503 until all is rebuilt: %s', async (path) => {
    const response = await send(path);
    const { status, headers } = response;
    const body: unknown = response.body;
    expect({ status, body }).toMatchObject({ status: 503, body: { type: 'connection-error' } });
    expect((body as { message: string }).message).toContain('KurrentDB was replaced');
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    rebuilt();
    await new Promise((resolve) => setImmediate(resolve));
    expect((await send(path)).status).toBeLessThan(300);
  });
});
