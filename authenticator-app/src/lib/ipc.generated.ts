// Made from `src-tauri/src/ipc` by `cargo xtask generate`. Do not edit.

export type Keyring = { is: 'ready' } | { is: 'locked'; reason: string } | { is: 'absent'; reason: string };

export type Way = 'keyring' | 'passphrase' | 'recoveryCode';

export type Lock =
  | { state: 'firstRun'; keyring: Keyring }
  | { state: 'locked'; ways: Way[]; keyring: Keyring }
  | { state: 'open'; way: Way }
  | { state: 'damaged'; reason: string };

export type CreateVault = { way: 'keyring' } | { way: 'passphrase'; passphrase: string };

export type RecoveryCode = { groups: string[] };

export type Unlock =
  | { way: 'keyring' }
  | { way: 'passphrase'; passphrase: string }
  | { way: 'recoveryCode'; code: string };

export type Settings = {
  theme: 'system' | 'light' | 'dark';
  autoLockMinutes: number | null;
  clearClipboardSeconds: number;
  hideCodes: boolean;
  startHidden: boolean;
};

export type Connection = {
  enrolmentId: string;
  application: string;
  state: 'live' | 'polling' | 'offline';
  lastHeard: number | null;
};

export type ClockNotice = { seconds: number };

export type Status = {
  lock: Lock;
  settings: Settings;
  connections: Connection[];
  waiting: number;
  clock: ClockNotice | null;
  version: string;
  pendingLink: string | null;
};

export type CodeRow = {
  id: string;
  issuer: string;
  account: string;
  code: string | null;
  next: string | null;
  validFrom: number;
  validUntil: number;
  period: number;
  pinned: boolean;
  hidden: boolean;
};

export type EntryId = { id: string };

export type AccountId = { id: string };

export type Copied = { clearsAt: number };

export type EditCode = { id: string; pinned?: boolean; hidden?: boolean; issuer?: string; account?: string };

export type Recognise =
  | { from: 'text'; text: string }
  | { from: 'image'; base64: string }
  | { from: 'clipboard' };

export type Recognised =
  | {
      is: 'code';
      recognition: string;
      issuer: string;
      account: string;
      digits: number;
      period: number;
      algorithm: string;
      duplicate: boolean;
      warnings: string[];
    }
  | { is: 'enrolment'; recognition: string; server: string; known: boolean };

export type TypedCode = {
  issuer: string;
  account: string;
  secret: string;
  digits: number;
  period: number;
  algorithm: 'SHA1' | 'SHA256' | 'SHA512';
};

export type Add = { recognition: string; deviceName?: string };

export type Account = {
  id: string;
  application: string;
  server: string;
  account: string;
  enrolledAt: number;
  connection: Connection['state'];
};

export type Added = { is: 'code'; id: string } | { is: 'enrolment'; account: Account };

export type Approval = {
  challengeId: string;
  enrolmentId: string;
  application: string;
  purpose: 'login' | string;
  account: string;
  address: string;
  place: string | null;
  latitude: number | null;
  longitude: number | null;
  device: { name: string; os: string; app: string; known: boolean };
  requestedAt: number;
  expiresAt: number;
  digits: number;
  verifiesUser: boolean;
  now: number;
};

export type Approve = { challengeId: string; number: string };

export type Deny = { challengeId: string; reason: 'notMe' | 'mistake' | 'other' };

export type Outcome =
  | 'approved'
  | 'denied'
  | 'notMe'
  | 'wrongNumber'
  | 'answeredElsewhere'
  | 'superseded'
  | 'expired'
  | 'closed';

export type HistoryRow = {
  challengeId: string;
  application: string;
  account: string;
  place: string | null;
  address: string;
  deviceName: string;
  requestedAt: number;
  outcome: Outcome;
};

export type IpcError = {
  code: string;
  title: string;
  detail: string;
  retryable: boolean;
  retryAfter: number | null;
  attemptsLeft: number | null;
  field: string | null;
};

export type Topic =
  | 'lock'
  | 'codes'
  | 'approvals'
  | 'accounts'
  | 'connection'
  | 'settings'
  | 'clipboard'
  | 'link';

export interface Commands {
  status: { args: null; reply: Status };
  create_vault: { args: CreateVault; reply: RecoveryCode };
  unlock: { args: Unlock; reply: null };
  lock: { args: null; reply: null };
  active: { args: null; reply: null };
  codes: { args: null; reply: CodeRow[] };
  show_code: { args: EntryId; reply: CodeRow };
  copy_code: { args: EntryId; reply: Copied };
  edit_code: { args: EditCode; reply: null };
  remove_code: { args: EntryId; reply: null };
  restore_code: { args: EntryId; reply: null };
  recognise: { args: Recognise; reply: Recognised[] };
  add: { args: Add; reply: Added };
  recognise_typed: { args: TypedCode; reply: Recognised };
  approvals: { args: null; reply: Approval[] };
  approve: { args: Approve; reply: Outcome };
  deny: { args: Deny; reply: Outcome };
  history: { args: null; reply: HistoryRow[] };
  accounts: { args: null; reply: Account[] };
  remove_account: { args: AccountId; reply: null };
  set_settings: { args: Settings; reply: null };
}
