import { createSubscriber } from 'svelte/reactivity';

let time = Date.now();

/** One timer for the whole window: it runs only while something shows the time and the window is seen. */
const watch = createSubscriber((update) => {
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tick = (): void => {
    time = Date.now();
    update();
    // On the beat of the second, so that every countdown steps together.
    timer = setTimeout(tick, 1000 - (time % 1000));
  };
  const seen = (): void => {
    clearTimeout(timer);
    if (document.visibilityState === 'visible') tick();
  };

  document.addEventListener('visibilitychange', seen);
  time = Date.now();
  if (document.visibilityState === 'visible') timer = setTimeout(tick, 1000 - (time % 1000));
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', seen);
  };
});

export const clock = {
  /** Now in milliseconds of the epoch; what reads it in an effect or a template is run again each second. */
  get now(): number {
    watch();
    return time;
  },
};
