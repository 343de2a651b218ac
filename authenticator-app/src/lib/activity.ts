import { call } from './ipc';

const AT_MOST_EVERY_MS = 15_000;

/** Tells the app that the person is here, which holds auto-lock back; until the returned function is called. */
export function tellActivity(): () => void {
  let told = 0;
  const here = (): void => {
    const now = Date.now();
    if (now - told < AT_MOST_EVERY_MS) return;
    told = now;
    call('active').catch(() => undefined);
  };
  const events = ['pointerdown', 'keydown', 'wheel'] as const;
  for (const event of events) window.addEventListener(event, here, { passive: true, capture: true });
  return () => {
    for (const event of events) window.removeEventListener(event, here, { capture: true });
  };
}
