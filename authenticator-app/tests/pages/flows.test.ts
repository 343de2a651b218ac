import { describe, expect, it } from 'vitest';

import { PASSPHRASE } from '../../src/testing/core';
import { calls, open, useBrowser } from './browser';

useBrowser();

describe('first run', () => {
  it('makes a vault, shows the recovery code and ends on the empty page', async () => {
    const page = await open('first');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('K7QM').waitFor();
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('status').getByText('Copied, clears in 20 s').waitFor();
    await page.evaluate(() =>
      window.countersignTest.change('clipboard', (scene) => (document.title = scene.clipboard)),
    );
    expect(await page.title()).toBe('K7QM-2XRA-9HTD-PW4C-J6VE-N3ZB-F8SY-T5GK');
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByText('Add your first account').waitFor();
    expect(await calls(page)).toContain('confirm_recovery');
  });

  it('asks for a recovery code that nobody kept after each unlocking, until it is kept', async () => {
    const page = await open('recoveryPending');
    await page.getByRole('button', { name: 'Later' }).click();
    await page.getByRole('heading', { name: 'Codes' }).waitFor();
    await page.keyboard.press('Control+l');
    await page.getByLabel('Passphrase').fill(PASSPHRASE);
    await page.keyboard.press('Enter');
    await page.evaluate(() => window.countersignTest.hold());
    await page.getByRole('button', { name: 'Show a new recovery code' }).click();
    expect(await page.getByRole('button', { name: 'Later' }).isDisabled()).toBe(true);
    await page.evaluate(() => window.countersignTest.release());
    await page.getByText('M4XE').waitFor();
    await page.evaluate(() => window.countersignTest.refuse('confirm_recovery'));
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByRole('alert').getByText('That did not work').waitFor();
    await page.getByText('M4XE').waitFor();
  });

  it('wants a passphrase twice where no keyring answers', async () => {
    const page = await open('firstWithoutKeyring');
    expect(await page.getByRole('radio', { name: /keyring/ }).isDisabled()).toBe(true);
    await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
    await page.getByLabel('Once more').fill('correct zebra');
    await page.getByText('The two are not the same yet.').waitFor();
    expect(await page.getByRole('button', { name: 'Continue' }).isDisabled()).toBe(true);
    await page.getByLabel('Once more').fill(PASSPHRASE);
    await page.keyboard.press('Enter');
    await page.getByText('Keep this recovery code').waitFor();
  });

  it('lets a locked keyring be chosen, and asks it again', async () => {
    const page = await open('firstWithKeyringLocked');
    expect(await page.getByRole('radio', { name: /A passphrase/ }).isChecked()).toBe(true);
    await page.getByRole('radio', { name: /keyring/ }).check();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('alert').getByText('The keyring does not answer').waitFor();
    // Unlocked in another program: nothing tells the page.
    await page.evaluate(() =>
      window.countersignTest.change('clipboard', (scene) => {
        scene.lock = { state: 'firstRun', keyring: { is: 'ready' } };
      }),
    );
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Keep this recovery code').waitFor();
  });
});

describe('lock', () => {
  it('is read once more when the app is heard, and tells why it was not done', async () => {
    const page = await open('codes');
    await page.waitForFunction(() => window.countersignTest.calls.filter((call) => call === 'status').length === 2);
    await page.evaluate(() => window.countersignTest.refuse('lock'));
    await page.keyboard.press('Control+l');
    await page.getByRole('status').getByText('That did not work. Nothing was changed.').waitFor();
    await page.clock.runFor(60_000);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByText('That did not work').waitFor({ state: 'detached' });
  });

  it('says what to do after a wrong passphrase, and opens with the right one', async () => {
    const page = await open('locked');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('does not open the vault').waitFor();
    expect(await page.getByLabel('Passphrase').inputValue()).toBe('');
    await page.getByLabel('Passphrase').fill(PASSPHRASE);
    await page.keyboard.press('Enter');
    await page.getByRole('timer').waitFor();
  });

  it('opens by the keyring at Enter, again and again, and by nothing that was not typed', async () => {
    const page = await open('lockedByKeyring');
    await page.getByRole('button', { name: 'Use the recovery code' }).click();
    expect(await page.getByRole('button', { name: 'Unlock' }).isDisabled()).toBe(true);
    await page.keyboard.type('K7');
    expect(await page.getByLabel('Recovery code').inputValue()).toBe('K7');
    await page.getByRole('button', { name: 'Use the keyring' }).click();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Codes' }).waitFor();

    const refused = await open('lockedByKeyring');
    await refused.evaluate(() => window.countersignTest.refuse('unlock'));
    await refused.keyboard.press('Enter');
    await refused.getByRole('alert').waitFor();
    await refused.keyboard.press('Enter');
    await refused.waitForFunction(
      () => window.countersignTest.calls.filter((call) => call === 'unlock').length === 2,
    );
  });

  it('keeps a recovery code that has a slip in it, for it to be put right', async () => {
    const page = await open('locked');
    await page.evaluate(() => window.countersignTest.refuse('unlock'));
    await page.getByRole('button', { name: 'Use the recovery code' }).click();
    await page.getByLabel('Recovery code').fill('K7QM-2XRA');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('Recovery code').inputValue()).toBe('K7QM-2XRA');
    await page.getByRole('button', { name: 'Use the passphrase' }).click();
    expect(await page.getByLabel('Passphrase').inputValue()).toBe('');
  });

  it.each(['damaged', 'unavailable'] as const)('that is %s is tried again', async (scene) => {
    const page = await open(scene);
    await page.evaluate(() =>
      window.countersignTest.change('codes', (held) => (held.lock = { state: 'open', way: 'keyring' })),
    );
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'Codes' }).waitFor();
  });

  it('takes a recovery code that is shown from the page', async () => {
    const page = await open('codes');
    await page.keyboard.press('Control+,');
    await page.getByRole('button', { name: 'Replace' }).click();
    await page.getByRole('button', { name: 'Keep the old one' }).click();
    expect(await calls(page)).not.toContain('new_recovery_code');
    await page.getByRole('button', { name: 'Replace' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
    await page.getByText('M4XE').waitFor();
    await page.evaluate(() =>
      window.countersignTest.change('lock', (scene) => {
        scene.lock = { state: 'locked', ways: ['passphrase'], keyring: { is: 'ready' } };
      }),
    );
    await page.getByLabel('Passphrase').waitFor();
    expect(await page.getByText('M4XE').count()).toBe(0);
  });

  it('offers a new passphrase to the person whom the recovery code let in, and at once only', async () => {
    const page = await open('locked');
    const recover = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Use the recovery code' }).click();
      await page.getByLabel('Recovery code').fill('K7QM-2XRA');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Choose a new passphrase' }).waitFor();
    };
    await page.getByRole('button', { name: 'Deny the sign-in at Acme Bank' }).click();
    await recover();
    await page.getByRole('button', { name: 'Later' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await calls(page)).not.toContain('set_passphrase');

    await page.keyboard.press('Control+l');
    await recover();
    await page.keyboard.type('four harbours');
    await page.getByLabel('Once more').fill('four harbors');
    await page.getByText('The two are not the same yet.').waitFor();
    expect(await page.getByRole('button', { name: 'Set passphrase' }).isDisabled()).toBe(true);
    await page.getByLabel('Once more').fill('four harbours');
    await page.keyboard.press('Enter');
    await page.getByText('The new passphrase opens Countersign from now on').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    await page.keyboard.press('Control+l');
    await page.getByLabel('Passphrase').fill(PASSPHRASE);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('does not open the vault').waitFor();
    await page.getByLabel('Passphrase').fill('four harbours');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Codes' }).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('keeps what was typed where a new passphrase is not set', async () => {
    const page = await open('recovered');
    await page.evaluate(() => window.countersignTest.refuse('set_passphrase'));
    await page.getByLabel('Passphrase', { exact: true }).fill('four harbours');
    await page.getByLabel('Once more').fill('four harbours');
    await page.getByRole('button', { name: 'Set passphrase' }).click();
    await page.getByRole('alert').getByText('That did not work').waitFor();
    expect(await page.getByLabel('Once more').inputValue()).toBe('four harbours');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('lets a waiting sign-in be denied', async () => {
    const page = await open('locked');
    await page.getByRole('button', { name: 'Deny the sign-in at Acme Bank' }).click();
    await page.getByText('sign-in is waiting').waitFor({ state: 'detached' });
    expect(await calls(page)).toContain('deny');
  });

  it('closes what was open, and forgets the codes', async () => {
    const page = await open('codes');
    await page.keyboard.press('Control+n');
    await page.getByLabel('Link').fill('otpauth://totp/half');
    // By itself, as nobody was there.
    await page.evaluate(() =>
      window.countersignTest.change('lock', (scene) => {
        scene.lock = { state: 'locked', ways: ['passphrase'], keyring: { is: 'ready' } };
      }),
    );
    await page.getByRole('heading', { name: 'Locked' }).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.getByText('482 913').count()).toBe(0);
    await page.getByLabel('Passphrase').fill(PASSPHRASE);
    await page.keyboard.press('Enter');
    await page.getByText('482 913').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});

describe('accounts and settings', () => {
  it('ask before an account is removed', async () => {
    const page = await open('codes');
    await page.keyboard.press('Control+3');
    await page.getByRole('button', { name: 'Remove Cloudhost' }).click();
    await page.getByRole('button', { name: 'Keep' }).click();
    expect(await calls(page)).not.toContain('remove_account');
    await page.getByRole('button', { name: 'Remove Cloudhost' }).click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('Cloudhost removed').waitFor();
  });

  it('add ways to unlock and take the keyring away, unless it is the only one', async () => {
    const page = await open('byKeyring');
    await page.keyboard.press('Control+,');
    await page.getByText('Set a passphrase before you stop using it.').waitFor();
    expect(await page.getByRole('button', { name: 'Stop using the keyring' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Set a passphrase' }).click();
    await page.keyboard.type('four harbours');
    await page.getByLabel('Once more').fill('four harbours');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Change the passphrase' }).waitFor();

    await page.getByRole('button', { name: 'Stop using the keyring' }).click();
    await page.getByRole('button', { name: 'Keep using it' }).click();
    expect(await calls(page)).not.toContain('stop_using_keyring');
    await page.getByRole('button', { name: 'Stop using the keyring' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop using' }).click();
    await page.getByText('The keyring no longer opens Countersign').waitFor();

    await page.getByRole('button', { name: 'Use the keyring' }).click();
    await page.getByText('The keyring opens Countersign from now on').waitFor();
    await page.getByRole('button', { name: 'Stop using the keyring' }).waitFor();
  });

  it('say why the keyring is not used', async () => {
    const page = await open('codes');
    await page.keyboard.press('Control+,');
    await page.evaluate(() => window.countersignTest.refuse('use_keyring'));
    await page.getByRole('button', { name: 'Use the keyring' }).click();
    await page.getByRole('alert').getByText('That did not work').waitFor();
    await page.getByText('Not used.').waitFor();
  });

  it('quit the app, also by its key while it is locked', async () => {
    const page = await open('codes');
    await page.keyboard.press('Control+,');
    await page.getByRole('button', { name: 'Quit Countersign' }).click();
    expect(await calls(page)).toContain('quit');
    const locked = await open('locked');
    await locked.keyboard.press('Control+q');
    expect(await calls(locked)).toContain('quit');
  });

  it('change the theme at once', async () => {
    const page = await open('codes');
    await page.keyboard.press('Control+,');
    await page.getByText('Dark', { exact: true }).click();
    await page.waitForFunction(() => getComputedStyle(document.body).backgroundColor === 'rgb(22, 21, 20)');
  });

  it('tell the app that the person is here, but not at every key', async () => {
    const page = await open('codes');
    await page.keyboard.type('abcdef');
    expect((await calls(page)).filter((command) => command === 'active')).toHaveLength(1);
    await page.clock.runFor(16_000);
    await page.keyboard.type('g');
    expect((await calls(page)).filter((command) => command === 'active')).toHaveLength(2);
  });
});

describe('every page', () => {
  it.each([
    ['from right to left', { direction: 'rtl' as const }],
    ['with text twice as large', { textScale: 2 }],
    ['in the smallest window', { width: 360, height: 560 }],
  ])('keeps inside the window %s', async (_, look) => {
    for (const scene of ['codes', 'approval', 'first', 'locked', 'empty', 'recovered'] as const) {
      const page = await open(scene, look);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(beyond, scene).toBeLessThanOrEqual(0);
      await page.close();
    }
  });
});
