/** A text as a TypeScript literal. */
export const text = (value: string): string => JSON.stringify(value).replace(/[\u2028\u2029]/g, escaped);

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16)}`;

/** What other tools wrote ends no comment: everything that breaks a line is a space. */
// eslint-disable-next-line no-control-regex -- these are the characters to replace
export const commentText = (line: string): string => line.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
