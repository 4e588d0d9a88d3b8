import 'reflect-metadata';
import { type DynamicModule, type ForwardReference, type Type } from '@nestjs/common';
import { AppModule } from '../../src/app.module.js';
import { ACCESS_POLICY } from '../../src/http/index.js';

/** Keys under which Nest's decorators keep what they were given. */
const IMPORTS = 'imports';
const CONTROLLERS = 'controllers';
const PATH = 'path';

type Imported = Type | DynamicModule | ForwardReference<() => Type> | Promise<DynamicModule>;

function listIn<Item>(module: Type, key: string): Item[] {
  return (Reflect.getMetadata(key, module) as Item[] | undefined) ?? [];
}

/** Every controller of a module and of all that it imports. */
async function controllersOf(imported: Imported, seen = new Set<unknown>()): Promise<Type[]> {
  const module = await imported;
  if (seen.has(module)) return [];
  seen.add(module);
  if ('forwardRef' in module) return controllersOf(module.forwardRef(), seen);
  const dynamic = 'module' in module ? module : undefined;
  const type = dynamic?.module ?? (module as Type);
  const imports = [...listIn<Imported>(type, IMPORTS), ...(dynamic?.imports ?? [])];
  const nested = await Promise.all(imports.map((each) => controllersOf(each, seen)));
  return [...new Set([...listIn<Type>(type, CONTROLLERS), ...(dynamic?.controllers ?? []), ...nested.flat()])];
}

/** The methods of a controller that answer a route. */
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

describe('the routes of the service', () => {
  it('all declare who may call them', async () => {
    const controllers = await controllersOf(AppModule);
    const routes = controllers.flatMap((controller) =>
      routesOf(controller).map(([name, handler]) => ({
        name,
        policy: (Reflect.getMetadata(ACCESS_POLICY, handler) ??
          Reflect.getMetadata(ACCESS_POLICY, controller)) as unknown,
      })),
    );
    expect(routes.filter(({ policy }) => policy === undefined).map(({ name }) => name)).toEqual([]);
    // A search that finds no route would find none without a policy either.
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
