import { type Application, Router } from 'express';
import { MethodNotAllowedError } from '../errors/http-errors.js';

/**
 * Handler for requests that no route took: refuses those whose path has routes for other methods, and passes the others
 * on. Paths with a wildcard belong to middleware.
 */
export function refuseMethods(app: Application): Router {
  const refused = Router();
  for (const [path, methods] of methodsByPath(app))
    refused.all(path, (_request, response, next) => {
      const { allowed = [] } = response.locals as { readonly allowed?: readonly string[] };
      response.locals.allowed = [...allowed, ...methods];
      next();
    });
  refused.use(({ method }, { locals: { allowed } }, next) => {
    next(allowed === undefined ? undefined : new MethodNotAllowedError(method, sorted(allowed as readonly string[])));
  });
  return refused;
}

function methodsByPath({ router }: Application): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, string[]>();
  for (const { route } of router.stack) {
    if (!route || route.path.includes('*')) continue;
    const named = route.stack.flatMap(({ method }) => method?.toUpperCase() ?? []);
    methods.set(route.path, [...(methods.get(route.path) ?? []), ...named]);
  }
  return methods;
}

/** Each once, with HEAD where Express answers it like GET. */
function sorted(methods: readonly string[]): readonly string[] {
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : method)))].sort();
}
