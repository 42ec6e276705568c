import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stageNames } from './stages.ts';
import { CDK_OUT, synthesize } from './synth.ts';

const help = `Compares a stage with what is deployed, or deploys it. Needs credentials of the stage's AWS account.

  npm run diff -- --stage dev
  npm run deploy -- --stage prod
  npm run deploy -- --stage dev -- --require-approval never     what follows the second -- goes to the AWS CDK

The stages are ${stageNames.join(', ')}.`;

/** Synthesizes the stage, and lets the AWS CDK's own command line work on the result: what was tried is what is deployed. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { stage: { type: 'string' }, help: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [command, ...passedOn] = positionals;
  if (values.help) {
    console.log(help);
    return 0;
  }
  if (command !== 'diff' && command !== 'deploy') {
    throw new Error(help);
  }
  if (values.stage === undefined) {
    throw new Error(`Say which stage: npm run ${command} -- --stage NAME. The stages are ${stageNames.join(', ')}.`);
  }
  await synthesize(values.stage);
  // Without names, diff takes every stack; deploy asks for --all.
  const stacks = command === 'deploy' ? ['--all'] : [];
  const cli = fileURLToPath(import.meta.resolve('aws-cdk/bin/cdk'));
  const child = spawn(process.execPath, [cli, command, '--app', CDK_OUT, ...stacks, ...passedOn], {
    cwd: resolve(import.meta.dirname, '..'),
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
