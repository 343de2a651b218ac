/** The dialogs that are open, one over the other. */
class Modals {
  #open = $state.raw<readonly HTMLDialogElement[]>([]);

  /** The one that takes the keys and the pointer: everything else rests. */
  get top(): HTMLDialogElement | null {
    return this.#open.at(-1) ?? null;
  }

  enter(dialog: HTMLDialogElement): void {
    this.#open = [...this.#open, dialog];
  }

  leave(dialog: HTMLDialogElement): void {
    this.#open = this.#open.filter((other) => other !== dialog);
  }
}

export const modals = new Modals();
