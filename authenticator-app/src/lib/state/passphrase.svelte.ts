/** What the app asks of a passphrase. */
const SHORTEST = 8;

/** A passphrase that a person chooses: typed twice. */
export class NewPassphrase {
  typed = $state('');
  again = $state('');

  /** The second is not on its way to be the first. */
  get differ(): boolean {
    return !this.typed.startsWith(this.again);
  }

  get complete(): boolean {
    return this.typed.length >= SHORTEST && this.typed === this.again;
  }

  clear(): void {
    this.typed = this.again = '';
  }
}
