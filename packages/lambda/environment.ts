/** A variable of the function's environment. If it is missing, the function fails at its start, and the error names it. */
export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`The environment variable ${name} is not set.`);
  return value;
}
