/** What the page tests and screenshots start from. */
import type {
  Account,
  Approval,
  ClockNotice,
  CodeRow,
  Connection,
  HistoryRow,
  Keyring,
  Lock,
  Way,
} from '../lib/ipc.generated';

/** Everything a fake app holds. */
export interface Scene {
  lock: Lock;
  /** What opens it. */
  ways: Way[];
  codes: CodeRow[];
  /** Codes that were thrown away, and since when. */
  trash: (CodeRow & { since: number })[];
  approvals: Approval[];
  history: HistoryRow[];
  accounts: Account[];
  connections: Connection[];
  clock: ClockNotice | null;
  pendingLink: string | null;
  recoveryPending: boolean;
  /** What was copied last, but for the codes. */
  clipboard: string;
  /** By how many milliseconds the clock of a server is ahead, by the request that it sent. */
  ahead: Readonly<Record<string, number>>;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const READY: Keyring = { is: 'ready' };

const code = (
  id: string,
  issuer: string,
  account: string,
  digits: string,
  more: Partial<CodeRow> & { left?: number } = {},
): CodeRow => {
  const { left = 21, ...rest } = more;
  const validUntil = Date.now() + left * 1000;
  return {
    id,
    issuer,
    account,
    code: digits,
    next: '918 204',
    validUntil,
    period: 30,
    pinned: false,
    hidden: false,
    ...rest,
  };
};

const codes = (): CodeRow[] => [
  code('1', 'Acme Bank', 'maria@example.com', '482 913', { pinned: true }),
  code('2', 'GitHub', 'mariak', '073 558', { pinned: true, left: 4 }),
  code('3', 'Cloudhost', 'ops@acme.example', '640 127'),
  code('4', 'Dropbox', 'maria@example.com', '215 809'),
  code('5', 'Steam', 'mk_plays', 'R7H3K'),
  code('6', 'Vault VPN', 'maria.k', '', { code: null, next: null, hidden: true }),
];

const request = (id: string, more: Partial<Approval> = {}): Approval => ({
  challengeId: id,
  application: 'Acme Bank',
  purpose: 'login',
  account: 'maria@example.com',
  address: '203.0.113.7',
  place: 'Lisbon, Portugal',
  latitude: 38.72,
  longitude: -9.14,
  device: { name: 'Firefox on Windows', os: 'Windows', app: 'Firefox', known: false },
  requestedAt: Date.now() - 17_000,
  expiresAt: Date.now() + 43_000,
  digits: 2,
  verifiesUser: false,
  now: Date.now(),
  ...more,
});

const history = (): HistoryRow[] => {
  const row = (
    challengeId: string,
    application: string,
    outcome: HistoryRow['outcome'],
    deviceName: string,
    place: string | null,
    ago: number,
  ): HistoryRow => ({
    challengeId,
    application,
    place,
    deviceName,
    requestedAt: Date.now() - ago,
    outcome,
  });
  return [
    row('h1', 'Acme Bank', 'approved', 'Firefox on Windows', 'Lisbon', 34 * MINUTE),
    row('h2', 'Acme Bank', 'notMe', 'Chrome on Linux', null, DAY),
    row('h3', 'Cloudhost', 'expired', 'Safari on macOS', 'Lisbon', DAY + 2 * MINUTE),
    row('h4', 'Cloudhost', 'denied', 'Edge on Windows', 'Porto', 3 * DAY),
    row('h5', 'Acme Bank', 'answeredElsewhere', 'Firefox on Windows', 'Lisbon', 4 * DAY),
    row('h6', 'Acme Bank', 'wrongNumber', 'Firefox on Windows', 'Lisbon', 26 * DAY),
  ];
};

const account = (more: Partial<Account> = {}): Account => ({
  id: 'e1',
  application: 'Acme Bank',
  server: 'id.acme.example',
  account: 'maria@example.com',
  enrolledAt: Date.now() - 18 * DAY,
  connection: 'live',
  ...more,
});

const connection = (more: Partial<Connection> = {}): Connection => ({
  application: 'Acme',
  state: 'live',
  lastHeard: Date.now() - 3 * MINUTE,
  ...more,
});

const full = (more: Partial<Scene> = {}): Scene => ({
  lock: { state: 'open', way: 'passphrase' },
  ways: ['passphrase', 'recoveryCode'],
  codes: codes(),
  trash: [],
  approvals: [],
  history: history(),
  accounts: [account(), account({ id: 'e2', application: 'Cloudhost', server: 'login.cloudhost.example' })],
  connections: [connection()],
  clock: null,
  pendingLink: null,
  recoveryPending: false,
  clipboard: '',
  ahead: {},
  ...more,
});

const empty = (more: Partial<Scene> = {}): Scene =>
  full({ codes: [], history: [], accounts: [], connections: [], ...more });

/** By the name in the address: `?scene=codes`. */
export const SCENES = {
  codes: () => full(),
  empty: () => empty(),
  trash: () =>
    full({
      trash: [
        { ...code('t1', 'Webshop', 'maria@example.com', '118 204'), since: Date.now() - 2 * DAY },
        { ...code('t2', 'Old mail', 'mk@example.org', '771 530'), since: Date.now() - 21 * DAY },
      ],
    }),
  first: () => empty({ lock: { state: 'firstRun', keyring: READY } }),
  firstWithoutKeyring: () =>
    empty({ lock: { state: 'firstRun', keyring: { is: 'absent', reason: 'No keyring answers.' } } }),
  firstWithKeyringLocked: () =>
    empty({ lock: { state: 'firstRun', keyring: { is: 'locked', reason: 'Nobody unlocked it.' } } }),
  locked: () =>
    full({
      lock: { state: 'locked', ways: ['passphrase', 'recoveryCode'], keyring: READY },
      approvals: [request('c1', { place: 'Lisbon' })],
    }),
  lockedByKeyring: () =>
    full({
      lock: {
        state: 'locked',
        ways: ['keyring', 'recoveryCode'],
        keyring: { is: 'locked', reason: 'The keyring of this computer is locked. It will ask for its password.' },
      },
    }),
  damaged: () =>
    full({ lock: { state: 'damaged', reason: 'A row of the vault does not carry the seal it was stored with.' } }),
  unavailable: () =>
    full({
      lock: { state: 'unavailable', reason: 'Another Countersign has the vault open. Close it, and try again.' },
    }),
  recoveryPending: () => full({ recoveryPending: true }),
  /** The recovery code let the person in. */
  recovered: () => full({ lock: { state: 'open', way: 'recoveryCode' } }),
  /** Opened by the keyring, and by nothing else but the recovery code. */
  byKeyring: () => full({ lock: { state: 'open', way: 'keyring' }, ways: ['keyring', 'recoveryCode'] }),
  byBoth: () => full({ ways: ['keyring', 'passphrase', 'recoveryCode'] }),
  approval: () => full({ approvals: [request('c1')] }),
  approvals: () =>
    full({
      approvals: [
        request('c1'),
        request('c2', { application: 'Cloudhost', place: null, latitude: null, longitude: null, digits: 3 }),
        request('c3', { device: { name: 'Safari', os: 'macOS', app: 'Safari', known: true } }),
      ],
    }),
  /** Two servers, one with a clock that is an hour ahead. */
  clocks: () =>
    full({
      approvals: [
        request('c1'),
        request('c2', {
          application: 'Cloudhost',
          requestedAt: Date.now() + HOUR - 17_000,
          expiresAt: Date.now() + HOUR + 23_000,
        }),
      ],
      ahead: { c2: HOUR },
    }),
  pacific: () => full({ approvals: [request('c1', { place: 'Suva, Fiji', latitude: -18.14, longitude: 178.44 })] }),
  offline: () =>
    full({
      connections: [connection({ state: 'offline' })],
      accounts: [account({ connection: 'offline' })],
      clock: { seconds: 42 },
    }),
  link: () => full({ pendingLink: 'countersign://enroll?issuer=Acme' }),
} satisfies Record<string, () => Scene>;

export type SceneName = keyof typeof SCENES;
