import type { Connection } from './ipc.generated';
import { ago } from './when';
import { words } from './words';

export interface Summary {
  state: Connection['state'] | 'none';
  text: string;
}

/** All connections in one line: the worst of them, with its name where there is only one of that kind. */
export function summary(connections: readonly Connection[], now: number): Summary {
  for (const state of ['offline', 'polling', 'live'] as const) {
    const same = connections.filter((connection) => connection.state === state);
    const [first] = same;
    if (first === undefined) continue;
    if (state === 'offline' && same.length === 1 && first.lastHeard !== null) {
      return { state, text: words.connection.lastHeard(first.application, ago(first.lastHeard, now)) };
    }
    const name = same.length === 1 ? first.application : words.connection.servers(same.length);
    return { state, text: words.connection[state](name) };
  }
  return { state: 'none', text: words.connection.none };
}
