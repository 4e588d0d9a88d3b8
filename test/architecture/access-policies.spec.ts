import 'reflect-metadata';
import { type DynamicModule, type ForwardReference, type Type } from '@nestjs/common';
import { AppModule } from '../../src/app.module.js';
import { ACCESS_POLICY } from '../../src/http/index.js';

/** Metadata keys of Nest's decorators. */
const IMPORTS = 'imports';
const CONTROLLERS = 'controllers';
const PATH = 'path';

type Imported = Type | DynamicModule | ForwardReference<() => Type> | Promise<DynamicModule>;

function metadataArray<Item>(module: Type, key: string): Item[] {
  return (Reflect.getMetadata(key, module) as Item[] | undefined) ?? [];
}

/** Controllers of a module and of its imports, recursively. */
async function controllersOf(imported: Imported, seen = new Set<unknown>()): Promise<Type[]> {
  const module = await imported;
  if (seen.has(module)) return [];
  seen.add(module);
  if ('forwardRef' in module) return controllersOf(module.forwardRef(), seen);
  const dynamic = 'module' in module ? module : undefined;
  const type = dynamic?.module ?? (module as Type);
  const imports = [...metadataArray<Imported>(type, IMPORTS), ...(dynamic?.imports ?? [])];
  const nested = await Promise.all(imports.map((each) => controllersOf(each, seen)));
  return [...new Set([...metadataArray<Type>(type, CONTROLLERS), ...(dynamic?.controllers ?? []), ...nested.flat()])];
}

/** Route handlers of a controller. */
function routesOf(controller: Type): [name: string, handler: object][] {
  const prototype = controller.prototype as Readonly<Record<string, unknown>>;
  return Object.getOwnPropertyNames(prototype)
    .filter((name) => name !== 'constructor')
    .flatMap((name): [string, object][] => {
      const handler = Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown;
      return typeof handler === 'function' && Reflect.hasMetadata(PATH, handler)
        ? [[`${controller.name}.${name}`, handler]]
        : [];
    });
}

describe('routes', () => {
  it('all declare an access policy', async () => {
    const controllers = await controllersOf(AppModule);
    const routes = controllers.flatMap((controller) =>
      routesOf(controller).map(([name, handler]) => ({
        name,
        policy: (Reflect.getMetadata(ACCESS_POLICY, handler) ??
          Reflect.getMetadata(ACCESS_POLICY, controller)) as unknown,
      })),
    );
    expect(routes.filter(({ policy }) => policy === undefined).map(({ name }) => name)).toEqual([]);
    // Guards against a search that finds no routes at all.
    expect(routes.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'HealthController.livez',
        'StreamsController.readEvents',
        'PushController.push',
        'UptimeController.status',
        'UptimeStreamsController.createStreams',
      ]),
    );
  });
});
