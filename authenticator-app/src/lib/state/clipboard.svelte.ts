import { call } from '../ipc';

/** Which code was copied last, until it is cleared or another one is. */
class Clipboard {
  copied = $state.raw<{ id: string; clearsAt: number } | null>(null);

  async copy(id: string): Promise<void> {
    const { clearsAt } = await call('copy_code', { id });
    this.copied = { id, clearsAt };
  }
}

export const clipboard = new Clipboard();
