/** White letters stand on each of these at 4.5:1 or more. */
export const GROUNDS = [
  '#24303a',
  '#97403f',
  '#3a6aa0',
  '#5a5a64',
  '#0f6b5c',
  '#a9561f',
  '#7c4a8a',
  '#5b6b1f',
] as const;

/** The first letter or digit of a name, and a ground that stays the same for that name. */
export function monogram(name: string): { letter: string; ground: string } {
  const letter = /[\p{L}\p{N}]/u.exec(name)?.[0].toLocaleUpperCase() ?? '#';
  let hash = 0;
  for (const character of name.toLowerCase()) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return { letter, ground: GROUNDS[hash % GROUNDS.length] ?? GROUNDS[0] };
}
