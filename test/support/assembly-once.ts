import { currentAssembly } from '@secor/cli';

/** Makes the templates and bundles once, before the tests: tests that run side by side find them made. */
export async function setup(): Promise<void> {
  await currentAssembly();
}
