import { createSubscriber } from 'svelte/reactivity';

import { call, onChanged, type Command, type Commands, type IpcError, type Reply, type Topic } from '../ipc';

/** Commands that only read: they take nothing. */
type Reads = { [C in Command]: Commands[C]['args'] extends null ? C : never }[Command];

/**
 * What the app says, as long as something on the page shows it. It is read when first shown and again each time one of
 * its topics changed; what no page shows any more is forgotten.
 */
export class Reading<C extends Reads> {
  #value = $state.raw<Reply<C>>();
  #error = $state.raw<IpcError | null>(null);
  #receivedAt = 0;
  #running = false;
  #again = false;
  #users = 0;
  readonly #command: C;
  readonly #watch: () => void;

  constructor(command: C, topics: readonly Topic[]) {
    this.#command = command;
    this.#watch = createSubscriber(() => {
      this.#users += 1;
      const stop = onChanged(topics, () => void this.again());
      void this.again();
      return () => {
        this.#users -= 1;
        stop();
        this.#value = undefined;
        this.#error = null;
      };
    });
  }

  /** The last answer; undefined before the first one. */
  get value(): Reply<C> | undefined {
    this.#watch();
    return this.#value;
  }

  /** Why the last reading had no answer. The value stays what it was. */
  get error(): IpcError | null {
    this.#watch();
    return this.#error;
  }

  /** When the last answer came, by this device's clock. */
  get receivedAt(): number {
    return this.#receivedAt;
  }

  /** Reads once more; while a reading is under way, one follows it. */
  async again(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    try {
      do {
        this.#again = false;
        await this.#read();
      } while (this.#again);
    } finally {
      this.#running = false;
    }
  }

  async #read(): Promise<void> {
    try {
      // The compiler cannot see that a command that reads takes no arguments.
      const value = await (call as (command: C) => Promise<Reply<C>>)(this.#command);
      if (this.#users === 0) return;
      this.#receivedAt = Date.now();
      this.#value = value;
      this.#error = null;
    } catch (error) {
      if (this.#users > 0) this.#error = error as IpcError;
    }
  }
}
