import { once } from 'node:events';
import { WebSocket } from 'ws';
import { eventually } from './eventually.js';
import { type ServiceProcess } from './service-process.js';

/** Options of a process whose heap is bounded and can be measured. */
export const BOUNDED_HEAP = { NODE_OPTIONS: '--max-old-space-size=512 --inspect=127.0.0.1:0' };

/** Heap of a process that was started with {@link BOUNDED_HEAP}, through the inspector. */
export class Heap {
  #id = 0;

  private constructor(private readonly socket: WebSocket) {}

  static async of(service: ServiceProcess): Promise<Heap> {
    const url = await eventually(
      () => Promise.resolve(/Debugger listening on (ws:\/\/\S+)/.exec(service.output.join('\n'))?.[1]),
      (found) => found !== undefined,
    );
    const socket = new WebSocket(url ?? '');
    await once(socket, 'open');
    return new Heap(socket);
  }

  /** Bytes that are in use after a collection: objects and buffers. */
  async used(): Promise<number> {
    await this.#call('HeapProfiler.collectGarbage');
    const { result } = (await this.#call('Runtime.evaluate', {
      expression:
        '(({ heapUsed, external, arrayBuffers }) => heapUsed + external + arrayBuffers)(process.memoryUsage())',
    })) as { result: { value: number } };
    return result.value;
  }

  close(): void {
    this.socket.terminate();
  }

  #call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#id;
    return new Promise((resolve) => {
      const onMessage = (message: Buffer): void => {
        const answer = JSON.parse(message.toString()) as { id?: number; result?: unknown };
        if (answer.id !== id) return;
        this.socket.off('message', onMessage);
        resolve(answer.result);
      };
      this.socket.on('message', onMessage);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
