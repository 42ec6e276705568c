import type { LocalCloud, RunningCloud } from '@secor/local-cloud';

type Cloud = Pick<LocalCloud | RunningCloud, 'gatewayUrl' | 'region' | 'operator' | 'outputs'>;

/** Puts the place and the operator's keys of a local cloud where the SDK finds them, as on an operator's machine. */
export function useKeysOf({ gatewayUrl, region, operator }: Cloud): void {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: gatewayUrl,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: operator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: operator.secretAccessKey,
  });
}

/** An output of the stacks. Throws Error when no stack has it. */
export function localOutput({ outputs }: Cloud, name: string): string {
  const [value] = Object.values(outputs).flatMap((ofStack) => ofStack[name] ?? []);
  if (value === undefined) throw new Error(`The templates have no output ${name}.`);
  return value;
}
