/**
 * A value that is made when it is first asked for, and kept. The AWS clients are made so: at load they would take more of a
 * function's start than all that is ours.
 */
export function atFirstUse<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
