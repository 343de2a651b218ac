import type { Page } from 'playwright-core';

import type { Approval } from '../../src/lib/ipc.generated';
import { NOW } from './browser';

/** A request that comes while something else is open. */
const LATE: Approval = {
  challengeId: 'late',
  application: 'Acme Bank',
  purpose: 'login',
  account: 'maria@example.com',
  address: '203.0.113.7',
  place: null,
  latitude: null,
  longitude: null,
  device: { name: 'Maria’s laptop', os: 'Windows', app: 'Firefox', known: true },
  requestedAt: NOW.getTime(),
  expiresAt: NOW.getTime() + 60_000,
  digits: 2,
  verifiesUser: true,
  now: NOW.getTime(),
};

/** Lets it come. */
export const ask = (page: Page, challengeId = LATE.challengeId): Promise<void> =>
  page.evaluate((late) => window.countersignTest.change('approvals', (scene) => (scene.approvals = [late])), {
    ...LATE,
    challengeId,
  });
