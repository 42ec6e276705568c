import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openAccount } from './account.ts';
import { BUNDLES } from './bundle.ts';
import { deploy, diff } from './deploy.ts';
import { stageNamed, stageNames } from './stages.ts';
import { synthesize } from './synth.ts';

/** Separate from the local cloud's templates, because those of a first deployment differ. */
const templates = join(BUNDLES, 'deployment');

const help = `Compares a stage with what is deployed, or deploys it. Needs credentials of the stage's AWS account.

  npm run diff -- --stage dev
  npm run deploy -- --stage prod
  npm run deploy -- --stage dev -- --require-approval never     what follows the second -- is passed to the AWS CDK

The stages are ${stageNames.join(', ')}. To see what a stage still needs: npm run secor -- doctor --stage NAME`;

/** Runs the AWS CDK's own command line on the synthesized templates, so that what was tested is what is deployed. */
async function runCdk(args: readonly string[]): Promise<number> {
  const cli = fileURLToPath(import.meta.resolve('aws-cdk/bin/cdk'));
  const child = spawn(process.execPath, [cli, ...args, '--app', templates], {
    cwd: resolve(import.meta.dirname, '..'),
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}

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
  const stage = stageNamed(values.stage);
  const run = { deploy, diff }[command];
  return run(stage, passedOn, {
    account: openAccount(stage.region),
    synthesize: (deployment) => synthesize(stage.name, templates, deployment),
    cdk: runCdk,
    tell: console.log,
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
