import { type ServerContext } from '../../server-context.js';
import {
  type GroupDefinition,
  groupKey,
  type GroupSettings,
  type GroupSource,
  type GroupStart,
  definitionKey,
  sourceName,
} from '../rules/index.js';
import { readConfiguration, writeConfiguration } from './configuration-stream.js';
import { GroupError } from './group-error.js';
import { type GroupReport } from './group-report.js';
import { GroupRunner } from './group-runner.js';

/** What a client says of a group that it wants. */
type RequestedGroup = Omit<GroupDefinition, 'resolvedStart'>;

/**
 * All groups of the server. What is configured is in a stream and outlives the server; the groups run from {@link open} to
 * {@link stop}. Changes happen one after the other, and each is durable before its group runs.
 */
export class PersistentSubscriptions {
  readonly #groups = new Map<string, GroupRunner>();
  #lastChange: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  private constructor(
    private readonly context: ServerContext,
    private readonly reportProblem: (error: unknown) => void,
  ) {}

  /**
   * Starts the groups that are configured.
   * @param reportProblem takes what goes wrong and no client is told
   * @throws InvalidConfigurationError
   */
  static open(context: ServerContext, reportProblem: (error: unknown) => void): PersistentSubscriptions {
    const subscriptions = new PersistentSubscriptions(context, reportProblem);
    subscriptions.#runConfigured();
    return subscriptions;
  }

  /** @throws GroupError `exists` */
  async create(proposal: RequestedGroup, by: string): Promise<void> {
    await this.#serialize(async () => {
      const { source, groupName } = proposal;
      if (this.#groups.has(definitionKey(proposal))) throw new GroupError('exists', sourceName(source), groupName);
      const created = { ...proposal, resolvedStart: this.#resolvedStart(source, proposal.start) };
      await this.context.commits.submit(() => writeConfiguration(this.context, [...this.#definitions(), created], by));
      this.#run(created);
    });
  }

  /**
   * Changes a group, which drops its consumers. It keeps its filter, its checkpoint and what it has parked. [groups.update]
   * @throws GroupError `missing`
   */
  async update(
    source: GroupSource,
    groupName: string,
    start: GroupStart,
    settings: GroupSettings,
    by: string,
  ): Promise<void> {
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
   * Removes a group, its checkpoint and what it has parked. Drops its consumers.
   * @throws GroupError `missing`
   */
  async delete(source: GroupSource, groupName: string, by: string): Promise<void> {
    await this.#serialize(async () => {
      const group = this.get(source, groupName);
      const others = this.#definitions().filter((other) => other !== group.definition);
      await this.#replace(group.definition, undefined, () => {
        writeConfiguration(this.context, others, by);
        group.deleteStreams();
      });
    });
  }

  /** @throws GroupError `missing` */
  get(source: GroupSource, groupName: string): GroupRunner {
    const group = this.#groups.get(groupKey(source, groupName));
    if (group === undefined) throw new GroupError('missing', sourceName(source), groupName);
    return group;
  }

  /** Reports of all groups, or of those on one source. */
  reports(source?: GroupSource): readonly GroupReport[] {
    const wanted = source && sourceName(source);
    return [...this.#groups.values()]
      .filter(({ definition }) => wanted === undefined || sourceName(definition.source) === wanted)
      .map((group) => group.report());
  }

  /** Drops all consumers and starts the groups anew, as they are configured. [operations.restart-persistent-subscriptions] */
  async restart(): Promise<void> {
    await this.#serialize(() => {
      this.#stopGroups();
      this.#runConfigured();
      return Promise.resolve();
    });
  }

  /** Drops all consumers. Nothing runs or is written afterwards. */
  stop(): void {
    this.#isStopped = true;
    this.#stopGroups();
  }

  #stopGroups(): void {
    for (const group of this.#groups.values()) group.stop();
    this.#groups.clear();
  }

  #runConfigured(): void {
    for (const definition of readConfiguration(this.context)) this.#run(definition);
  }

  #run(definition: GroupDefinition): void {
    if (!this.#isStopped)
      this.#groups.set(definitionKey(definition), new GroupRunner(this.context, definition, this.reportProblem));
  }

  /** Ends a group, so that it writes nothing any more, makes the change, and runs what there is to run then: the old one, if that failed. */
  async #replace(before: GroupDefinition, after: GroupDefinition | undefined, change: () => void): Promise<void> {
    const key = definitionKey(before);
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

  /** Where a group begins that is told to begin there now. */
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
