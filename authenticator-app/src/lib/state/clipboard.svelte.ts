import { call, onChanged } from '../ipc';

/** Which code was copied last, until the app clears it or something else takes its place. */
class Clipboard {
  copied = $state.raw<{ id: string; clearsAt: number } | null>(null);

  async copy(id: string): Promise<void> {
    const { clearsAt } = await call('copy_code', { id });
    this.copied = { id, clearsAt };
  }

  /** Listens for the app clearing it, until the returned function is called. */
  follow(): () => void {
    return onChanged(['clipboard', 'lock'], () => {
      if (this.copied !== null && this.copied.clearsAt <= Date.now() + 1000) this.copied = null;
    });
  }
}

export const clipboard = new Clipboard();
