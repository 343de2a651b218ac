/** Where the person is in the window. */
import type { Recognise } from '../ipc';

export type Screen = 'codes' | 'approvals' | 'accounts' | 'settings' | 'trash';

class Place {
  screen = $state<Screen>('codes');
  /** The sheet to add an account: shut, or open with what it starts from. */
  adding = $state.raw<{ from: Recognise | null } | null>(null);
  /** The id of the code whose sheet is open. */
  editing = $state<string | null>(null);
  /** The link that was opened last, for it not to come back when its sheet is shut. */
  #offered: string | null = null;

  add(from: Recognise | null = null): void {
    this.adding = { from };
  }

  /** Opens a link that another program handed over, once; it waits for a sheet that is open and while not `free`. */
  offer(link: string | null, free: boolean): void {
    if (link === null) this.#offered = null;
    else if (free && this.adding === null && link !== this.#offered) {
      this.#offered = link;
      this.add({ from: 'text', text: link });
    }
  }

  /** Back to the start, as after a lock. */
  reset(): void {
    this.screen = 'codes';
    this.adding = null;
    this.editing = null;
    this.#offered = null;
  }
}

export const place = new Place();
