import type { CodeRow } from './ipc.generated';

/** The rows in which every word of the query begins a word, or stands inside one; accents and case do not matter. */
export function search<Row extends Pick<CodeRow, 'issuer' | 'account'>>(rows: readonly Row[], query: string): Row[] {
  const wanted = plain(query).split(/\s+/u).filter(Boolean);
  return rows.filter((row) => {
    const text = plain(`${row.issuer} ${row.account}`);
    return wanted.every((word) => text.includes(word));
  });
}

/** Pinned rows and the rest, each in the order given. */
export function grouped<Row extends Pick<CodeRow, 'pinned'>>(rows: readonly Row[]): { pinned: Row[]; rest: Row[] } {
  return { pinned: rows.filter((row) => row.pinned), rest: rows.filter((row) => !row.pinned) };
}

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
