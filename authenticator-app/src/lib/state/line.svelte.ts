/** One line at the foot of the window that tells what was done, and lets it be undone. */
export interface Told {
  text: string;
  action: { label: string; run: () => void } | null;
}

const PLAIN_MS = 4_000;
const UNDO_MS = 10_000;

class Line {
  told = $state.raw<Told | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string, action: Told['action'] = null): void {
    this.told = { text, action };
    this.resume();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.told = null;
  }

  /** Stays while it is pointed at or holds the focus. */
  hold(): void {
    clearTimeout(this.#timer);
  }

  resume(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.clear(), this.told?.action ? UNDO_MS : PLAIN_MS);
  }
}

export const line = new Line();
