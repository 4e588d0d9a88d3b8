import { type ServerContext } from '../../server-context.js';
import { type GroupDefinition, groupKey, type GroupSource, type GroupStart, sourceName } from '../rules/index.js';
import { readConfiguration, writeConfiguration } from './configuration-stream.js';
import { GroupError } from './group-error.js';
import { type GroupReport } from './group-report.js';
import { GroupRunner } from './group-runner.js';

export type RequestedGroup = Omit<GroupDefinition, 'resolvedStart'>;

/**
 * All groups of the server. Their configuration is stored in a stream; they run from {@link open} to {@link stop}.
 * Changes are serialized, and each one is durable before its group runs.
 */
export class PersistentSubscriptions {
  readonly #groups = new Map<string, GroupRunner>();
  /** Names of the sources that have or had a group since the groups were started. */
  readonly #knownSources = new Set<string>();
  #lastChange: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  private constructor(
    private readonly context: ServerContext,
    private readonly reportProblem: (error: unknown) => void,
  ) {}

  /**
   * Starts the configured groups.
   * @param reportProblem receives errors that no client gets
   * @throws InvalidConfigurationError
   */
  static open(context: ServerContext, reportProblem: (error: unknown) => void): PersistentSubscriptions {
    const subscriptions = new PersistentSubscriptions(context, reportProblem);
    subscriptions.#runConfigured();
    return subscriptions;
  }

  /** @throws GroupError `exists` */
  async create(requested: RequestedGroup, by: string): Promise<void> {
    await this.#serialize(async () => {
      const { source, groupName } = requested;
      if (this.#groups.has(groupKey(source, groupName))) throw new GroupError('exists', sourceName(source), groupName);
      const created = { ...requested, resolvedStart: this.#resolvedStart(source, requested.start) };
      await this.context.commits.submit(() => writeConfiguration(this.context, [...this.#definitions(), created], by));
      this.#run(created);
    });
  }

  /**
   * Changes a group and drops its consumers. Filter, checkpoint and parked events are kept. [groups.update]
   * @throws GroupError `missing`
   */
  async update({ source, groupName, start, settings }: RequestedGroup, by: string): Promise<void> {
    await this.#serialize(async () => {
      const { definition } = this.get(source, groupName);
      const updated: GroupDefinition = {
        ...definition,
        start,
        resolvedStart: this.#resolvedStart(definition.source, start),
        settings,
      };
      const definitions = this.#definitions().map((other) => (other === definition ? updated : other));
      await this.#replace(definition, updated, () => writeConfiguration(this.context, definitions, by));
    });
  }

  /**
   * Deletes a group with its checkpoint and parked events, and drops its consumers.
   * @throws GroupError `missing`
   */
  async delete(source: GroupSource, groupName: string, by: string): Promise<void> {
    await this.#serialize(async () => {
      const group = this.get(source, groupName);
      const others = this.#definitions().filter((other) => other !== group.definition);
      await this.#replace(group.definition, undefined, () => {
        writeConfiguration(this.context, others, by);
        group.streams.delete();
      });
    });
  }

  /** @throws GroupError `missing` */
  get(source: GroupSource, groupName: string): GroupRunner {
    const group = this.#groups.get(groupKey(source, groupName));
    if (group === undefined) throw new GroupError('missing', sourceName(source), groupName);
    return group;
  }

  /** Reports of all groups. */
  reports(): readonly GroupReport[] {
    return [...this.#groups.values()].map((group) => group.report());
  }

  /**
   * Reports of the groups on one source; none once they are deleted, until a restart.
   * @throws GroupError `missing` if there never was one
   */
  reportsOn(source: GroupSource): readonly GroupReport[] {
    const name = sourceName(source);
    if (!this.#knownSources.has(name)) throw new GroupError('missing', name, '');
    return [...this.#groups.values()]
      .filter(({ definition }) => sourceName(definition.source) === name)
      .map((group) => group.report());
  }

  /** Drops all consumers and reads the configuration again. [operations.restart-persistent-subscriptions] */
  async restart(): Promise<void> {
    await this.#serialize(() => {
      this.#stopGroups();
      this.#runConfigured();
      return Promise.resolve();
    });
  }

  /** Drops all consumers. Nothing is written afterwards. */
  stop(): void {
    this.#isStopped = true;
    this.#stopGroups();
  }

  #stopGroups(): void {
    for (const group of this.#groups.values()) group.stop();
    this.#groups.clear();
    this.#knownSources.clear();
  }

  #runConfigured(): void {
    for (const definition of readConfiguration(this.context)) this.#run(definition);
  }

  #run(definition: GroupDefinition): void {
    if (this.#isStopped) return;
    const { source, groupName } = definition;
    this.#groups.set(groupKey(source, groupName), new GroupRunner(this.context, definition, this.reportProblem));
    this.#knownSources.add(sourceName(source));
  }

  /** Stops a group, commits the change, and starts the new definition, or the old one if the commit failed. */
  async #replace(before: GroupDefinition, after: GroupDefinition | undefined, change: () => void): Promise<void> {
    const key = groupKey(before.source, before.groupName);
    this.#groups.get(key)?.stop();
    try {
      await this.context.commits.submit(change);
    } catch (error) {
      this.#run(before);
      throw error;
    }
    if (after === undefined) this.#groups.delete(key);
    else this.#run(after);
  }

  #definitions(): readonly GroupDefinition[] {
    return [...this.#groups.values()].map(({ definition }) => definition);
  }

  #resolvedStart(source: GroupSource, start: GroupStart): number {
    if (start === 'start') return 0;
    if (start !== 'end') return start;
    const { store } = this.context;
    return source.kind === 'all' ? store.endPosition : store.streams.get(source.streamName).lastRevision + 1;
  }

  #serialize<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#lastChange.then(change, change);
    this.#lastChange = result;
    return result;
  }
}
