import type { IpcError } from '../ipc';

/** Something that a person asked for: under way, and why it was not done. */
export class Attempt {
  busy = $state(false);
  problem = $state.raw<IpcError | null>(null);

  /** Does it; says whether it was done. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.problem = null;
    try {
      await work();
      return true;
    } catch (error) {
      this.problem = error as IpcError;
      return false;
    } finally {
      this.busy = false;
    }
  }
}
