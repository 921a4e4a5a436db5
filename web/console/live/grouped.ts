/** Things by what they have in common, in the order in which they come. */
export function grouped<T>(things: readonly T[], keyOf: (thing: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const thing of things) {
    const group = found.get(keyOf(thing));
    if (group) group.push(thing);
    else found.set(keyOf(thing), [thing]);
  }
  return found;
}
