/** Puts an app in memory behind the pages; only `--mode testing` has it. */
import { emit } from '@tauri-apps/api/event';
import { mockIPC } from '@tauri-apps/api/mocks';

import type { Commands, Topic } from '../lib/ipc.generated';
import { core, refusal } from './core';
import { SCENES, type Scene, type SceneName } from './scenes';

declare global {
  interface Window {
    /** For tests: the commands that were called, and a way to change what the app holds. */
    countersignTest: {
      calls: string[];
      change: (topic: Topic, change: (scene: Scene) => void) => Promise<void>;
      /** Lets the answers of the app wait until they are released. */
      hold: () => void;
      release: () => void;
      /** Lets the app refuse one command from now on. */
      refuse: (command: keyof Commands) => void;
    };
  }
}

export function installMock(): void {
  const name = new URLSearchParams(location.search).get('scene') ?? 'codes';
  const scene: Scene = SCENES[name as SceneName]();
  const calls: string[] = [];
  const changed = (topic: Topic): void => void emit('changed', topic);
  const handlers = core(scene, changed);

  const refused = new Set<string>();
  let released = Promise.resolve();
  let release = (): void => undefined;

  mockIPC(
    async (command, payload) => {
      calls.push(command);
      await released;
      if (refused.has(command)) throw refusal({});
      const handler = handlers[command as keyof Commands] as (args: unknown) => unknown;
      return handler((payload as { args?: unknown }).args ?? null);
    },
    { shouldMockEvents: true },
  );
  window.countersignTest = {
    calls,
    hold: () => {
      released = new Promise((resolve) => (release = resolve));
    },
    release: () => release(),
    refuse: (command) => void refused.add(command),
    change: async (topic, change) => {
      change(scene);
      await emit('changed', topic);
    },
  };
}
