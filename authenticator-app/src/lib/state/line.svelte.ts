/** One line at the foot of the window that tells what was done, and lets it be undone. */
import type { IpcError } from '../ipc';
import { words } from '../words';

export interface Told {
  text: string;
  action: { label: string; run: () => void } | null;
  /** How long it stands, in milliseconds; null: until its button is pressed. */
  stands: number | null;
  /** Its time runs only while no dialog is over the page: what it undoes must be seen. */
  undoes: boolean;
}

const PLAIN_MS = 4_000;
const UNDO_MS = 10_000;

class Line {
  #passing = $state.raw<Told | null>(null);
  #lasting = $state.raw<readonly Told[]>([]);

  /** What it says now. What must not be missed waits for what passes. */
  get told(): Told | null {
    return this.#passing ?? this.#lasting[0] ?? null;
  }

  /** Says it for a moment. */
  say(text: string): void {
    this.#passing = { text, action: null, stands: PLAIN_MS, undoes: false };
  }

  /** Says what was done, with a button that undoes it for a while. */
  undoable(text: string, undo: () => void): void {
    this.#passing = { text, action: { label: words.line.undo, run: undo }, stands: UNDO_MS, undoes: true };
  }

  /** Says what must not be missed, until the person has dismissed it. */
  keep(text: string): void {
    const action = { label: words.line.dismiss, run: () => undefined };
    this.#lasting = [...this.#lasting, { text, action, stands: null, undoes: false }];
  }

  /** Leaves what it says now. */
  next(): void {
    if (this.#passing !== null) this.#passing = null;
    else this.#lasting = this.#lasting.slice(1);
  }

  clear(): void {
    this.#passing = null;
    this.#lasting = [];
  }
}

export const line = new Line();

/** Does what no part of the page waits for; why it was not done is told. */
export function orTell(work: Promise<unknown>): void {
  work.catch(({ title, detail }: IpcError) => line.keep(`${title}. ${detail}`));
}
