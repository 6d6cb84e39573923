// Medians and ratios of things measured in turn, in one run of one machine.

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

export async function seconds(action) {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

/**
 * Measures all actions in turn, `rounds` times over, so that a slow moment of the machine meets all of them.
 * Returns the median seconds of each.
 */
export async function inTurn(rounds, actions) {
  const times = actions.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, action] of actions.entries()) times[index].push(await seconds(action));
  }
  return times.map(median);
}

/** One line of the table. `limit` is what the ratio may be; rates have a lower limit, durations an upper one. */
export function row(what, value, beside, besideValue, unit, limit) {
  const ratio = value / besideValue;
  const shown = (number) => (unit === "s" ? `${number.toFixed(2)} s` : `${Math.round(number)} ${unit}`.trim());
  return {
    what,
    value: shown(value),
    beside: `${beside}: ${shown(besideValue)}`,
    ratio: ratio.toFixed(2),
    limit: limit ?? "",
  };
}
