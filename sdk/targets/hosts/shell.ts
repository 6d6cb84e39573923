/** A word that a POSIX shell takes literally. */
export function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The words of a command as a POSIX shell reads them. */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(" ");
}
