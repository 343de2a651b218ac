/** The only way from the pages to the app: typed commands, and word that something changed. */
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import type { Commands, IpcError, Topic } from './ipc.generated';
import { words } from './words';

export type * from './ipc.generated';

export type Command = keyof Commands;
type Arguments<C extends Command> = Commands[C]['args'];
export type Reply<C extends Command> = Commands[C]['reply'];

/**
 * Calls a command. What it rejects with is always an {@link IpcError}: the app's own, or one that says that the app
 * did not answer.
 */
export async function call<C extends Command>(
  command: C,
  ...args: Arguments<C> extends null ? [] : [Arguments<C>]
): Promise<Reply<C>> {
  try {
    return await invoke<Reply<C>>(command, args.length > 0 ? { args: args[0] } : {});
  } catch (error) {
    throw isIpcError(error) ? error : noAnswer(error);
  }
}

/**
 * Calls `listener` each time the app says that one of the topics changed, until the returned function is called. The
 * first call comes as soon as the app is heard: what changed before went by unheard.
 */
export function onChanged(topics: readonly Topic[], listener: () => void): () => void {
  const listening = listen<Topic>('changed', ({ payload }) => {
    if (topics.includes(payload)) listener();
  });
  let wanted = true;
  void listening.then(() => {
    if (wanted) listener();
  });
  return () => {
    wanted = false;
    void listening.then((stop) => stop());
  };
}

export function isIpcError(error: unknown): error is IpcError {
  return typeof error === 'object' && error !== null && 'code' in error && 'title' in error && 'detail' in error;
}

function noAnswer(cause: unknown): IpcError {
  console.error(cause);
  return {
    code: 'no_answer',
    title: words.problem.noAnswer,
    detail: words.problem.noAnswerDetail,
    retryable: true,
    retryAfter: null,
    attemptsLeft: null,
    field: null,
  };
}
