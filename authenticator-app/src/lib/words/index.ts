/** The words of the person's language; English where there is none. A language is one object of the same shape. */
import { en } from './en';

export type Words = typeof en;

const LANGUAGES: Record<string, Words> = { en };

/** The tag of the language in use, for `Intl` and the `lang` of the document. */
export const language: string = chosen(globalThis.navigator?.languages ?? ['en']);

export const words: Words = LANGUAGES[base(language)] ?? en;

export function chosen(wanted: readonly string[]): string {
  return wanted.find((tag) => base(tag) in LANGUAGES) ?? 'en';
}

function base(tag: string): string {
  return tag.split('-')[0] ?? tag;
}
