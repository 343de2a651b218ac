import { call, type RecoveryCode } from '../ipc';

/** The recovery code, from when it is made until the person has kept it. */
class Recovery {
  /** What is to be kept now. */
  code = $state.raw<RecoveryCode | null>(null);
  /** The person was asked about a code that nobody kept; the next time is after a lock. */
  asked = $state(false);
  /** A new passphrase was offered to the person whom the code let in; the next time is after a lock. */
  offered = $state(false);

  /** Makes a new one; the one before opens nothing from then on. */
  async renew(): Promise<void> {
    this.code = await call('new_recovery_code');
  }

  /** The person has it on paper. */
  async kept(): Promise<void> {
    await call('confirm_recovery');
    this.asked = true;
    this.code = null;
  }

  /** After a lock: a code is on no locked page, and one that was not kept is asked for again. */
  reset(): void {
    this.code = null;
    this.asked = this.offered = false;
  }
}

export const recovery = new Recovery();
