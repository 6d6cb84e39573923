/** PEM texts of several certificates as one: what they have in common stands in it once. */
export function joinTexts(texts: readonly (string | undefined)[]): string {
  return [...new Set(texts)].map((text) => text ?? "").join("");
}
