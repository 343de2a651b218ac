/** An app in memory that answers every command as the real one does, by the same types. */
import type { Commands, IpcError, Outcome, Recognised, Settings, Topic, Way } from '../lib/ipc.generated';
import type { Scene } from './scenes';

type Handlers = {
  [C in keyof Commands]: (args: Commands[C]['args']) => Commands[C]['reply'];
};

/** What the person of the tests knows. */
export const PASSPHRASE = 'correct horse battery staple';
export const NUMBER = '42';

/** For how long the trash keeps a code. */
const KEPT = 30 * 86_400_000;

export function core(scene: Scene, changed: (topic: Topic) => void): Handlers {
  let settings: Settings = {
    theme: 'system',
    autoLockMinutes: 5,
    clearClipboardSeconds: 20,
    hideCodes: false,
    startHidden: false,
  };
  let passphrase = PASSPHRASE;
  const recognised = new Map<string, Recognised>();

  const find = (id: string): Scene['codes'][number] => {
    const row = scene.codes.find((candidate) => candidate.id === id);
    if (row === undefined) throw refusal({ code: 'unknown', title: 'That code is no longer there' });
    return row;
  };
  const end = (challengeId: string, outcome: Outcome): Outcome => {
    const request = scene.approvals.find((candidate) => candidate.challengeId === challengeId);
    if (request === undefined) throw refusal({ code: 'unknown', title: 'That sign-in is no longer there' });
    scene.approvals = scene.approvals.filter((candidate) => candidate !== request);
    scene.history = [{ ...request, deviceName: request.device.name, outcome }, ...scene.history];
    changed('approvals');
    return outcome;
  };
  const open = (way: Way): void => {
    scene.lock = { state: 'open', way };
    changed('lock');
  };
  const opensBy = (way: Way, does: boolean): null => {
    const easiest: Way[] = ['keyring', 'passphrase', 'recoveryCode'];
    scene.ways = easiest.filter((one) => (one === way ? does : scene.ways.includes(one)));
    changed('lock');
    return null;
  };
  const know = (one: Recognised): Recognised => {
    recognised.set(one.recognition, one);
    return one;
  };

  return {
    quit: () => null,
    status: () => ({
      lock: scene.lock,
      settings,
      connections: scene.connections,
      waiting: scene.approvals.length,
      clock: scene.clock,
      version: '0.1.0',
      pendingLink: scene.pendingLink,
      recoveryPending: scene.lock.state === 'open' && scene.recoveryPending,
    }),
    create_vault: ({ way }) => {
      if (way === 'keyring' && scene.lock.state === 'firstRun' && scene.lock.keyring.is !== 'ready') {
        throw refusal({ code: 'no_keyring', title: 'The keyring does not answer' });
      }
      scene.recoveryPending = true;
      scene.ways = [way, 'recoveryCode'];
      open(way);
      return { groups: ['K7QM', '2XRA', '9HTD', 'PW4C', 'J6VE', 'N3ZB', 'F8SY', 'T5GK'] };
    },
    new_recovery_code: () => {
      scene.recoveryPending = true;
      changed('lock');
      return { groups: ['M4XE', '7QKA', 'R2TD', '9WPC', 'V6JE', 'Z3NB', 'Y8FS', 'K5GT'] };
    },
    confirm_recovery: () => {
      scene.recoveryPending = false;
      changed('lock');
      return null;
    },
    ways: () => scene.ways,
    set_passphrase: (chosen) => {
      passphrase = chosen.passphrase;
      return opensBy('passphrase', true);
    },
    use_keyring: () => opensBy('keyring', true),
    stop_using_keyring: () => opensBy('keyring', false),
    unlock: (unlock) => {
      if (unlock.way === 'passphrase' && unlock.passphrase !== passphrase) {
        throw refusal({
          code: 'wrong_passphrase',
          title: 'That passphrase does not open the vault',
          detail: 'Nothing was changed. Type it again, or use the recovery code.',
        });
      }
      open(unlock.way);
      return null;
    },
    lock: () => {
      scene.lock = { state: 'locked', ways: scene.ways, keyring: { is: 'ready' } };
      changed('lock');
      return null;
    },
    active: () => null,
    codes: () => scene.codes.map((row) => ({ ...row, validUntil: Math.max(row.validUntil, Date.now() + 1000) })),
    show_code: ({ id }) => ({ ...find(id), code: '550 118', next: '031 774' }),
    copy_code: ({ id }) => {
      find(id);
      return { clearsAt: Date.now() + settings.clearClipboardSeconds * 1000 };
    },
    copy_text: ({ text }) => {
      scene.clipboard = text;
      return { clearsAt: Date.now() + settings.clearClipboardSeconds * 1000 };
    },
    edit_code: ({ id, ...change }) => {
      Object.assign(find(id), change);
      changed('codes');
      return null;
    },
    remove_code: ({ id }) => {
      scene.trash = [{ ...find(id), since: Date.now() }, ...scene.trash];
      scene.codes = scene.codes.filter((row) => row.id !== id);
      changed('codes');
      return null;
    },
    restore_code: ({ id }) => {
      scene.codes = [...scene.codes, ...scene.trash.filter((row) => row.id === id)];
      scene.trash = scene.trash.filter((row) => row.id !== id);
      changed('codes');
      return null;
    },
    trash: () => scene.trash.map(({ id, issuer, account, since }) => ({ id, issuer, account, since, until: since + KEPT })),
    delete_code: ({ id }) => {
      scene.trash = scene.trash.filter((row) => row.id !== id);
      changed('codes');
      return null;
    },
    recognise: (what) => {
      const text = what.from === 'text' ? what.text : 'otpauth://totp/GitHub:mariak';
      if (text === scene.pendingLink) {
        scene.pendingLink = null;
        changed('link');
      }
      if (text.startsWith('countersign://')) {
        return [know({ is: 'enrolment', recognition: 'r1', server: 'id.acme.example', known: false })];
      }
      if (!text.startsWith('otpauth://')) {
        throw refusal({
          code: 'nothing_recognised',
          title: 'There is no code and no link in this text',
          detail: 'Use the QR code or the link that the site shows when you set up sign-in by code or approval.',
        });
      }
      const duplicate = text.includes('GitHub');
      return [know({ ...TYPED, recognition: 'r2', issuer: duplicate ? 'GitHub' : 'Nextcloud', duplicate })];
    },
    recognise_typed: (typed) => {
      if (!/^[A-Z2-7 =]+$/i.test(typed.secret)) {
        throw refusal({
          code: 'input',
          title: 'That key has a character that keys do not have',
          detail: 'Keys are made of A to Z and 2 to 7. Nothing was added; compare it with what the site shows.',
          field: 'secret',
        });
      }
      return know({ ...TYPED, ...typed, recognition: 'r3' });
    },
    add: ({ recognition }) => {
      const one = recognised.get(recognition);
      if (one?.is === 'enrolment') {
        const account = {
          id: 'e9',
          application: 'Acme Bank',
          server: one.server,
          account: 'maria@example.com',
          enrolledAt: Date.now(),
          connection: 'live' as const,
        };
        scene.accounts = [...scene.accounts, account];
        changed('accounts');
        return { is: 'enrolment', account };
      }
      if (one === undefined) throw refusal({ code: 'recognition_gone', title: 'This was kept for ten minutes only' });
      const id = `n${scene.codes.length}`;
      const validUntil = Date.now() + 21_000;
      scene.codes = [
        ...scene.codes,
        {
          id,
          issuer: one.issuer,
          account: one.account,
          code: '111 222',
          next: '333 444',
          validUntil,
          period: 30,
          pinned: false,
          hidden: false,
        },
      ];
      changed('codes');
      return { is: 'code', id };
    },
    approvals: () =>
      scene.approvals.map((request) => {
        const ahead = scene.ahead[request.challengeId] ?? 0;
        return { ...request, now: Date.now() + ahead };
      }),
    approve: ({ challengeId, number }) => {
      if (number === '00') {
        throw refusal({
          code: 'offline',
          title: 'Acme Bank cannot be reached',
          detail: 'Your answer was not sent. Check the network, and approve again.',
          retryable: true,
        });
      }
      return end(challengeId, number === NUMBER ? 'approved' : 'wrongNumber');
    },
    deny: ({ challengeId, reason }) => end(challengeId, reason === 'notMe' ? 'notMe' : 'denied'),
    history: () => scene.history,
    accounts: () => scene.accounts,
    remove_account: ({ id }) => {
      scene.accounts = scene.accounts.filter((account) => account.id !== id);
      changed('accounts');
      return null;
    },
    set_settings: (next) => {
      settings = next;
      changed('settings');
      return null;
    },
  };
}

const TYPED = {
  is: 'code' as const,
  issuer: 'Nextcloud',
  account: 'mariak',
  digits: 6,
  period: 30,
  algorithm: 'SHA1',
  duplicate: false,
  oddities: [],
};

/** Why a command is not done, as the app says it. */
export function refusal(error: Partial<IpcError>): IpcError {
  return {
    code: 'refused',
    title: 'That did not work',
    detail: 'Nothing was changed.',
    retryable: false,
    retryAfter: null,
    attemptsLeft: null,
    field: null,
    ...error,
  };
}
