/** Which request has the window. */
import { call, type Approval, type IpcError, type Outcome } from '../ipc';
import { words } from '../words';
import { line } from './line.svelte';
import { approvals } from './readings.svelte';

/** How long a good outcome stands before the window goes back to what it showed. */
const OUTCOME_MS = 2_500;

/** What a person need not have read: it ended as they said, or the next request is there already. */
const PASSING: readonly Outcome[] = ['approved', 'denied', 'superseded'];

class Takeover {
  /** The request that fills the window. */
  current = $state.raw<Approval | null>(null);
  /** How it ended. */
  outcome = $state.raw<Outcome | null>(null);
  #aside = $state.raw<ReadonlySet<string>>(new Set());
  #sending = $state.raw<ReadonlySet<string>>(new Set());
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** An answer to the current request is on its way. */
  get answering(): boolean {
    return this.current !== null && this.#sending.has(this.current.challengeId);
  }

  /** The outcome stands until the person has dismissed it. */
  get stays(): boolean {
    return this.outcome !== null && !PASSING.includes(this.outcome);
  }

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

  /**
   * Sends the person's answer, and shows how the request ended. Rejects when the answer was not taken; for a request
   * that was put aside meanwhile, the line tells it.
   */
  async answer(send: () => Promise<Outcome>): Promise<void> {
    const answered = this.current;
    if (answered === null || this.answering) return;
    const { challengeId, application } = answered;
    const shown = (): boolean => this.current?.challengeId === challengeId;
    this.#sending = new Set([...this.#sending, challengeId]);
    try {
      const outcome = await send();
      const told = words.afterwards[outcome](application);
      if (shown()) this.#ended(outcome);
      else if (PASSING.includes(outcome)) line.say(told);
      else line.keep(words.approval.of(application, told));
    } catch (error) {
      if (shown()) throw error;
      const { title, detail } = error as IpcError;
      line.keep(words.approval.of(application, `${title}. ${detail}`));
    } finally {
      this.#sending = without(this.#sending, challengeId);
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
    this.#aside = without(this.#aside, request.challengeId);
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
    if (!this.stays) this.#timer = setTimeout(() => this.next(), OUTCOME_MS);
  }

  async #vanished(challengeId: string): Promise<void> {
    const rows = await call('history').catch(() => []);
    if (this.current?.challengeId !== challengeId || this.outcome !== null) return;
    this.#ended(rows.find((row) => row.challengeId === challengeId)?.outcome ?? 'closed');
  }
}

function without(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set([...ids].filter((other) => other !== id));
}

export const takeover = new Takeover();
