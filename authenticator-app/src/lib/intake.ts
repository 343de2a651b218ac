/** What a person drops, chooses or pastes, as something to recognise. */
import type { Recognise } from './ipc.generated';

/** A picture or a text in a drop or a paste; null when it holds neither. */
export async function imageIn(transfer: DataTransfer | null): Promise<Recognise | null> {
  const file = [...(transfer?.files ?? [])].find((candidate) => candidate.type.startsWith('image/'));
  if (file !== undefined) return { from: 'image', base64: await base64(file) };
  const text = transfer?.getData('text/plain').trim() ?? '';
  return text === '' ? null : { from: 'text', text };
}

export async function base64(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = '';
  // In parts: a call takes only so many arguments.
  for (let start = 0; start < bytes.length; start += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(binary);
}
