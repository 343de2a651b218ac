/** Where the person is in the window. */
import type { Recognise } from '../ipc';

export type Screen = 'codes' | 'approvals' | 'accounts' | 'settings';

class Place {
  screen = $state<Screen>('codes');
  /** The sheet to add an account: shut, or open with what it starts from. */
  adding = $state.raw<{ from: Recognise | null } | null>(null);
  /** The id of the code whose sheet is open. */
  editing = $state<string | null>(null);

  add(from: Recognise | null = null): void {
    this.adding = { from };
  }

  /** Back to the start, as after a lock. */
  reset(): void {
    this.screen = 'codes';
    this.adding = null;
    this.editing = null;
  }
}

export const place = new Place();
