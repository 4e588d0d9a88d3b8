# syntax=docker/dockerfile:1
# The tag moves: a release pins it by the digest that its registry names, as
#   docker build --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:… .
# with the digest of `docker buildx imagetools inspect node:24-bookworm-slim` (see CONTRIBUTING.md). None is written here, because none
# could be looked up where this file was made.
ARG NODE_IMAGE=node:24-bookworm-slim

# Build stage: all dependencies and the compiled service. Debian rather than Alpine: the KurrentDB client's native bridge and
# LMDB come as glibc binaries first.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

# Run stage: an init as process 1, Node, the production dependencies and the compiled service, not as root. The init delivers signals from the
# first moment on, also where nothing adds one: Kubernetes has no `--init`.
FROM ${NODE_IMAGE}
ENV NODE_ENV=production DATA_DIR=/data
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN mkdir -m 0700 /data /keys && chown node:node /data /keys
USER node
VOLUME ["/data", "/keys"]
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3001) + '/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "dist/main.js"]
