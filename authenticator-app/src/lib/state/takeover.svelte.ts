/** Which request has the window. */
import { call, type Approval, type Outcome } from '../ipc';
import { words } from '../words';
import { line } from './line.svelte';
import { approvals } from './readings.svelte';

/** How long the outcome stands before the window goes back to what it showed. */
const OUTCOME_MS = 2_500;

class Takeover {
  /** The request that fills the window. */
  current = $state.raw<Approval | null>(null);
  /** How it ended; shown for a moment. */
  outcome = $state.raw<Outcome | null>(null);
  /** An answer to it is on its way. */
  answering = $state(false);
  #aside = $state.raw<ReadonlySet<string>>(new Set());
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The requests still to be looked at, the current one among them. */
  get queue(): Approval[] {
    return (approvals.value ?? []).filter((request) => !this.#aside.has(request.challengeId));
  }

  /** Takes the next request, or finds out how the current one ended when it is no longer waiting. */
  follow(waiting: readonly Approval[]): void {
    if (this.current === null) {
      this.current = waiting.find((request) => !this.#aside.has(request.challengeId)) ?? null;
    } else if (this.outcome === null && !this.answering) {
      const { challengeId } = this.current;
      if (!waiting.some((request) => request.challengeId === challengeId)) void this.#vanished(challengeId);
    }
  }

  /** Sends the person's answer, and shows how the request ended. Rejects when the answer was not taken. */
  async answer(send: () => Promise<Outcome>): Promise<void> {
    const answered = this.current;
    if (answered === null || this.answering) return;
    this.answering = true;
    try {
      const outcome = await send();
      if (this.current === answered) this.#ended(outcome);
      else line.say(words.afterwards[outcome](answered.application));
    } finally {
      this.answering = false;
    }
  }

  /** Leaves the outcome for the next request, or for what was open before. */
  next(): void {
    clearTimeout(this.#timer);
    this.outcome = null;
    this.current = this.queue[0] ?? null;
  }

  putAside(): void {
    this.#leave();
    this.next();
  }

  /** Opens a request, also one that was put aside. */
  open(request: Approval): void {
    this.#aside = new Set([...this.#aside].filter((id) => id !== request.challengeId));
    this.outcome = null;
    this.current = request;
  }

  reset(): void {
    clearTimeout(this.#timer);
    this.current = null;
    this.outcome = null;
    this.#aside = new Set();
  }

  /** Not to be opened by itself again: it was put aside, or is over though the list may not know yet. */
  #leave(): void {
    if (this.current !== null) this.#aside = new Set([...this.#aside, this.current.challengeId]);
  }

  #ended(outcome: Outcome): void {
    clearTimeout(this.#timer);
    this.#leave();
    this.outcome = outcome;
    this.#timer = setTimeout(() => this.next(), OUTCOME_MS);
  }

  async #vanished(challengeId: string): Promise<void> {
    const rows = await call('history').catch(() => []);
    if (this.current?.challengeId !== challengeId || this.outcome !== null) return;
    this.#ended(rows.find((row) => row.challengeId === challengeId)?.outcome ?? 'closed');
  }
}

export const takeover = new Takeover();
