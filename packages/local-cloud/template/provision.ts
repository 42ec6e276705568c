import { isList, isObject, type JsonObject } from '../json.ts';
import type { Assembly, Stack } from './assembly.ts';
import { inertResources } from './inert-resources.ts';
import { referencesOf, resolve, type Scope } from './intrinsics.ts';
import { emptyPlan, type Plan, type ProvisionedResource } from './plan.ts';
import { Reader } from './reader.ts';
import type { Made, ProvisioningTargets } from './resource-kind.ts';
import { resourceKinds } from './resource-kinds.ts';
import { checkLimits } from './resource-limits.ts';
import { stableId } from './stable-id.ts';

/** What came out of the templates. */
export type Provisioned = {
  readonly plan: Plan;
  readonly resources: readonly ProvisionedResource[];
  /** By stack name and output key. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

/**
 * Makes what the templates of an assembly ask for, stack after stack, each resource after those it refers to.
 *
 * @param afterEach hears of every resource as soon as it is made
 * @throws Error naming the resource type, property, intrinsic function or attribute that the local cloud does not support, and where
 */
export async function provision(
  assembly: Assembly,
  targets: ProvisioningTargets,
  afterEach: (resource: ProvisionedResource, plan: Plan) => Promise<void>,
): Promise<Provisioned> {
  const plan = emptyPlan();
  const resources: ProvisionedResource[] = [];
  const outputs: Record<string, Record<string, string>> = {};

  for (const stack of assembly.stacks) {
    const made = new Map<string, ProvisionedResource>();
    const scope: Scope = {
      stackName: stack.name,
      region: targets.region,
      accountId: targets.accountId,
      template: stack.template,
      reference: (logicalId) => made.get(logicalId)?.reference,
      attribute: (logicalId, name) => made.get(logicalId)?.attributes[name],
      outputs: (stackName) => outputs[stackName],
    };
    for (const [logicalId, resource] of inOrder(stack)) {
      const type = String(resource.Type);
      const where = `${stack.name}: ${logicalId} (${type})`;
      const { reference, attributes = {} } = await make(stack, logicalId, resource, where, scope, plan, targets);
      const path = isObject(resource.Metadata) ? resource.Metadata['aws:cdk:path'] : undefined;
      const provisioned: ProvisionedResource = {
        stack: stack.name,
        logicalId,
        type,
        reference,
        attributes,
        ...(typeof path === 'string' ? { path } : {}),
      };
      made.set(logicalId, provisioned);
      resources.push(provisioned);
      await afterEach(provisioned, plan);
    }

    const stackOutputs: Record<string, string> = {};
    for (const [key, output] of Object.entries(section(stack.template, 'Outputs'))) {
      if (!isObject(output)) continue;
      const where = `${stack.name}: output ${key}`;
      refuseCondition(output, where);
      if (output.Export !== undefined)
        throw new Error(
          `${where}: the local cloud does not support exports. Read it by Fn::GetStackOutput, which needs none.`,
        );
      const value = resolve(output.Value ?? null, where, scope);
      stackOutputs[key] = isList(value) ? value.join(',') : String(value);
    }
    outputs[stack.name] = stackOutputs;
  }
  return { plan, resources, outputs };
}

async function make(
  stack: Stack,
  logicalId: string,
  resource: JsonObject,
  where: string,
  scope: Scope,
  plan: Plan,
  targets: ProvisioningTargets,
): Promise<Made> {
  const type = String(resource.Type);
  const generatedName = `${stack.name}-${logicalId}`;
  const given = isObject(resource.Properties) ? resource.Properties : {};

  const inert = inertResources[type];
  if (inert !== undefined) {
    checkLimits(type, new Reader(resolve(given, where, scope), where).value, where);
    const named = inert.nameProperty === undefined ? undefined : given[inert.nameProperty];
    const name = String(
      (named === undefined ? undefined : resolve(named, where, scope)) ?? stableId(generatedName, 32),
    );
    const arn =
      inert.arn === undefined
        ? undefined
        : `arn:aws:${inert.arn.service}:${targets.region}:${targets.accountId}:${inert.arn.path(name)}`;
    const attributes = (inert.attributes ?? []).map((attribute) => [
      attribute,
      attribute.endsWith('Arn') ? (arn ?? name) : name,
    ]);
    return {
      reference: name,
      attributes: { ...(arn === undefined ? {} : { Arn: arn }), ...Object.fromEntries(attributes) },
    };
  }

  const kind = resourceKinds[type];
  if (kind === undefined) {
    throw new Error(
      `${stack.name}: the local cloud does not support the resource type ${type} (of ${logicalId}). Add it in packages/local-cloud/template/kinds, or list it in inert-resources.ts with the reason why it means nothing on one machine.`,
    );
  }
  const resolved = new Reader(resolve(given, where, scope), where);
  checkLimits(type, resolved.value, where);
  const properties = resolved.only(...kind.properties, ...(kind.ignored ?? []));
  return await kind.make({ stack: stack.name, logicalId, generatedName, properties, plan, targets });
}

/** The resources, each after those it refers to. */
function inOrder(stack: Stack): readonly (readonly [string, JsonObject])[] {
  const wanted = new Map<string, JsonObject>();
  for (const [logicalId, resource] of Object.entries(section(stack.template, 'Resources'))) {
    if (!isObject(resource)) throw new Error(`${stack.name}: ${logicalId} is no resource.`);
    refuseCondition(resource, `${stack.name}: ${logicalId}`);
    wanted.set(logicalId, resource);
  }
  const ordered: (readonly [string, JsonObject])[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (logicalId: string, path: readonly string[]): void => {
    const resource = wanted.get(logicalId);
    if (resource === undefined || state.get(logicalId) === 'done') return;
    if (state.get(logicalId) === 'open') {
      throw new Error(`${stack.name}: these resources wait for one another: ${[...path, logicalId].join(' → ')}.`);
    }
    state.set(logicalId, 'open');
    const { DependsOn = [] } = resource;
    const dependencies = isList(DependsOn) ? DependsOn : [DependsOn];
    for (const dependency of [...dependencies.map(String), ...referencesOf(resource.Properties ?? {})]) {
      visit(dependency, [...path, logicalId]);
    }
    state.set(logicalId, 'done');
    ordered.push([logicalId, resource]);
  };
  for (const logicalId of wanted.keys()) visit(logicalId, []);
  return ordered;
}

function section(template: JsonObject, name: string): JsonObject {
  const value = template[name];
  return isObject(value) ? value : {};
}

function refuseCondition({ Condition }: JsonObject, where: string): void {
  if (Condition !== undefined)
    throw new Error(`${where}: the local cloud does not support conditions ("${String(Condition)}"): leave it out.`);
}
