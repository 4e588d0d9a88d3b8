// The rules of docs/architecture.md, "Invariants": http -> application -> domain <- adapters inside a module; a module is entered by its index.ts (or domain/index.ts);
// domain, application and log are pure; the embedded KurrentDB is reached by one dynamic import.
const PURE = [
  '^src/[^/]+/(domain|application|log)/',
  '^src/[^/]+/[^/]+/(application|rules)/',
  '^src/event-store/commands/',
];
/** The pure entries of event-store: its index.ts imports frameworks. */
const EVENT_STORE_CORE = '^src/event-store/(domain|commands)/index\\.ts$';
/** Imported from everywhere, file by file. */
const LEAVES = '^src/(common|errors)/';
const NODE_IO = '^(node:)?(child_process|crypto|dgram|dns|fs|http|http2|https|net|os|tls|worker_threads)(/|$)';
const FRAMEWORKS = 'node_modules/(@nestjs|@kurrent|@grpc|rxjs|lmdb|undici|ws|express|ajv|ajv-formats)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'not-to-dev-dependency',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'pure-core-direct',
      severity: 'error',
      from: { path: PURE, pathNot: '\\.spec\\.ts$' },
      to: { path: FRAMEWORKS },
    },
    {
      name: 'pure-core-transitive',
      severity: 'error',
      from: { path: PURE, pathNot: '\\.spec\\.ts$' },
      to: { path: FRAMEWORKS, reachable: true },
    },
    {
      name: 'core-no-node-io',
      severity: 'error',
      from: { path: PURE, pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-no-node-io-transitive',
      severity: 'error',
      from: { path: PURE, pathNot: '\\.spec\\.ts$' },
      to: { path: NODE_IO, reachable: true },
    },
    {
      name: 'core-gets-time-and-randomness',
      severity: 'error',
      from: { path: PURE, pathNot: '\\.spec\\.ts$' },
      to: { path: '^src/common/(clock|random-string)\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'common-imports-nothing',
      severity: 'error',
      from: { path: '^src/common/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(src|node_modules)/', pathNot: '^(src/common|node_modules/fastest-levenshtein)/' },
    },
    {
      name: 'errors-import-common-only',
      severity: 'error',
      from: { path: '^src/errors/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(src|node_modules)/', pathNot: LEAVES },
    },
    {
      name: 'domain-only-inward',
      severity: 'error',
      from: { path: '^src/([^/]+)/domain/' },
      to: { path: '^src/', pathNot: ['^src/$1/domain/', '^src/event-store/domain/index\\.ts$', LEAVES] },
    },
    {
      name: 'application-only-inward',
      severity: 'error',
      from: { path: '^src/([^/]+)/application/' },
      to: {
        path: '^src/',
        pathNot: ['^src/$1/(application|domain)/', '^src/[^/]+/domain/index\\.ts$', EVENT_STORE_CORE, LEAVES],
      },
    },
    {
      name: 'commands-only-inward',
      severity: 'error',
      from: { path: '^src/event-store/commands/' },
      to: { path: '^src/', pathNot: ['^src/event-store/commands/', '^src/event-store/domain/index\\.ts$', LEAVES] },
    },
    {
      name: 'uptime-slices-share-domain-only',
      severity: 'error',
      from: { path: '^src/uptime/([^/]+)/', pathNot: ['^src/uptime/domain/', '\\.module\\.ts$'] },
      to: {
        path: '^src/uptime/',
        pathNot: ['^src/uptime/$1/', '^src/uptime/domain/index\\.ts$', '^src/uptime/uptime-events\\.module\\.ts$'],
      },
    },
    {
      name: 'uptime-modules-import-domain-and-modules',
      severity: 'error',
      from: { path: '^src/uptime/([^/]+)/[^/]+\\.module\\.ts$' },
      to: {
        path: '^src/uptime/',
        pathNot: ['^src/uptime/$1/', '^src/uptime/domain/index\\.ts$', '^src/uptime/.+\\.module\\.ts$'],
      },
    },
    {
      name: 'uptime-slices-entered-by-index',
      severity: 'error',
      from: { path: '^src/uptime/[^/]+\\.ts$' },
      to: { path: '^src/uptime/[^/]+/', pathNot: '^src/uptime/[^/]+/index\\.ts$' },
    },
    {
      name: 'uptime-application-only-inward',
      severity: 'error',
      from: { path: '^src/uptime/([^/]+)/application/' },
      to: {
        path: '^src/',
        pathNot: ['^src/uptime/$1/application/', '^src/[^/]+/domain/index\\.ts$', EVENT_STORE_CORE, LEAVES],
      },
    },
    {
      name: 'uptime-http-not-imported-from-within',
      severity: 'error',
      from: { path: '^src/uptime/([^/]+)/(?!http/)[^/]+/' },
      to: { path: '^src/uptime/$1/http/' },
    },
    {
      name: 'http-not-imported-from-within',
      severity: 'error',
      from: { path: '^src/([^/]+)/(?!http/)[^/]+/' },
      to: { path: '^src/$1/http/' },
    },
    {
      name: 'public-surface-only',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: {
        path: '^src/[^/]+/.+',
        pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$', '^src/[^/]+/domain/index\\.ts$', EVENT_STORE_CORE, LEAVES],
      },
    },
    {
      name: 'embedded-only-from-provider',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/embedded-kurrentdb/', '^src/event-store/kurrentdb/kurrentdb-client\\.provider\\.ts$'],
      },
      to: { path: '^src/embedded-kurrentdb/' },
    },
    {
      name: 'embedded-lazily',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/embedded-kurrentdb/' },
      to: { path: '^src/embedded-kurrentdb/', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'embedded-knows-no-nest',
      severity: 'error',
      from: { path: '^src/embedded-kurrentdb/' },
      to: { path: 'node_modules/@nestjs/', reachable: true },
    },
    {
      name: 'embedded-stands-alone',
      severity: 'error',
      from: { path: '^src/embedded-kurrentdb/' },
      to: { path: '^src/', pathNot: '^src/(embedded-kurrentdb|common)/' },
    },
    {
      name: 'config-knows-no-feature',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/', pathNot: '^src/(config|common|errors)/' },
    },
    {
      name: 'http-knows-no-feature',
      severity: 'error',
      from: { path: '^src/http/' },
      to: {
        path: '^src/',
        pathNot: ['^src/(http|config|common|errors)/', '^src/event-store/(domain/)?index\\.ts$'],
      },
    },
    {
      name: 'event-store-knows-no-feature',
      severity: 'error',
      from: { path: '^src/event-store/' },
      to: { path: '^src/', pathNot: '^src/(event-store|embedded-kurrentdb|config|common|errors)/' },
    },
    {
      name: 'features-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/(uptime|user-streams)/' },
      to: { path: '^src/(uptime|user-streams|health)/', pathNot: '^src/$1/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
