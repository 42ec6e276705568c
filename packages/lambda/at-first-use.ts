/**
 * A value that is made at first use, and kept. The AWS clients are made this way: at load, they would take longer than all of our
 * own code at the start of a function.
 */
export function atFirstUse<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
