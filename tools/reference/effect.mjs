// Divides the doc comment of an argument into what it means and what a change of it does.

const aboutChange = /^(?:Changing|Another|Adding|Removing)\b/;

/** @returns {{ meaning: string, effect: string }} */
export function effectOf(doc) {
  const sentences = doc.split(/(?<=\.)\s+(?=[A-Z`*])/);
  const isEffect = (sentence) => aboutChange.test(sentence);
  return {
    meaning: sentences.filter((sentence) => !isEffect(sentence)).join(" "),
    effect: sentences.filter(isEffect).join(" "),
  };
}
