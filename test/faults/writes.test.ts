import { randomUUID } from 'node:crypto';
import { type Endpoint, type EndpointName, endpoints } from '@secor/contracts';
import { expect, test } from 'vitest';
import { writes } from '../support/checked-api.ts';
import { type Fault, known, physical, startSite } from '../support/cloud.ts';
import { writeCases } from '../support/write-cases.ts';

const site = await startSite();
const { cloud, settled } = site;
const { scenarios, send, versionOf, effects } = writeCases(site);

/** Each strikes until the call has failed, or has got round it. */
const kinds: readonly Fault[] = [
  { kind: 'error', when: 'before' },
  { kind: 'error', when: 'after' },
  { kind: 'throttle' },
];

const reads = /^(Get|BatchGet|Query|Scan|List|Head|Describe|AdminGet)/;

/** How often a person tries again what failed on the service's side. */
const maxTries = 5;

test.each(writes.map((operation) => [operation.operationId, operation] as const))(
  '%s: failed at any of its writes, and repeated with its key, it happens once',
  async (name, operation) => {
    const make = known(scenarios[name]);
    const endpoint: Endpoint = endpoints[name as EndpointName];
    const principal = physical(endpoint.function);
    const attempt = async (fault?: Fault) => {
      const scenario = await make();
      const before = await effects(scenario);
      const [key, version] = [randomUUID(), await versionOf(scenario)];
      cloud.meter.reset();
      const mend = fault && cloud.faults.inject({ ...fault, principal });
      const first = await send(operation, scenario, key, version);
      mend?.();
      const { errors = 0 } =
        cloud.meter.totals().find((each) => each.principal === principal && each.operation === fault?.operation) ?? {};
      const written = cloud.meter
        .totals()
        .filter((each) => each.principal === principal && !reads.test(each.operation))
        .map((each) => each.operation);
      let answer = first;
      for (let tries = 1; answer.status >= 500 && tries < maxTries; tries += 1)
        answer = await send(operation, scenario, key, version);
      expect(answer.status, JSON.stringify({ fault, first, answer })).toBeLessThan(300);
      expect(await effects(scenario), JSON.stringify({ fault, first })).toBe(before + 1);
      return { written, errors };
    };
    const { written } = await attempt();
    expect(written).not.toEqual([]);
    for (const called of written)
      for (const kind of kinds) {
        const { errors } = await attempt({ ...kind, operation: called });
        expect(errors, `${called} was struck`).toBeGreaterThan(0);
      }
    await settled();
    expect(site.deadLetters()).toEqual({});
  },
);
