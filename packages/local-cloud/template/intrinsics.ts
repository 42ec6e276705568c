import { isList, isObject, type Json, type JsonObject } from '../json.ts';
import { Reader } from './reader.ts';

/** What a template's intrinsic functions refer to. */
export type Scope = {
  readonly stackName: string;
  readonly region: string;
  readonly accountId: string;
  readonly template: JsonObject;
  /** What `Ref` gives for a resource; undefined when there is no such resource. */
  reference(logicalId: string): string | undefined;
  /** What `Fn::GetAtt` gives; undefined when there is no such resource or attribute. */
  attribute(logicalId: string, name: string): string | undefined;
  /** The outputs of a stack that is deployed; undefined when there is no such stack. */
  outputs(stackName: string): Readonly<Record<string, string>> | undefined;
};

/**
 * Resolves every intrinsic function in a value.
 *
 * @param value any part of a template
 * @param where the place, for errors: "secor-dev-data: Table (AWS::DynamoDB::Table)"
 * @returns the plain value
 * @throws Error that names the function, reference or attribute that is not supported, and the place
 */
export function resolve(value: Json, where: string, scope: Scope): Json {
  if (typeof value === 'string') {
    if (value.includes('{{resolve:'))
      throw new Error(`${where}: the local cloud does not support dynamic references ("${value}").`);
    return value;
  }
  if (isList(value)) {
    return value.map((item, index) => resolve(item, `${where}[${index}]`, scope));
  }
  if (!isObject(value)) return value;

  const [name, argument] = intrinsicOf(value) ?? [];
  if (name !== undefined && argument !== undefined) return evaluate(name, argument, `${where}, ${name}`, scope);

  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, resolve(member, `${where}, ${key}`, scope)]),
  );
}

/** The names (logical ids, parameters, pseudo-parameters) to which a part of a template refers. */
export function referencesOf(value: Json): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (part: Json): void => {
    if (isList(part)) {
      for (const item of part) walk(item);
      return;
    }
    if (!isObject(part)) return;
    const [name, argument] = intrinsicOf(part) ?? [];
    if (name === 'Ref' && typeof argument === 'string') names.add(argument);
    if (name === 'Fn::GetAtt' && argument !== undefined) names.add(attributeArguments(argument)?.[0] ?? '');
    for (const member of Object.values(part)) walk(member);
  };
  walk(value);
  return names;
}

function intrinsicOf(value: JsonObject): readonly [string, Json] | undefined {
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length !== 1 || first === undefined) return undefined;
  const [name, argument] = first;
  return name.startsWith('Fn::') || (name === 'Ref' && typeof argument === 'string') ? [name, argument] : undefined;
}

function evaluate(name: string, argument: Json, where: string, scope: Scope): Json {
  switch (name) {
    case 'Ref':
      return reference(text(argument, where), where, scope);
    case 'Fn::GetAtt': {
      const [logicalId, attribute] = attributeArguments(argument) ?? malformed(where, argument);
      return attributeOf(logicalId, attribute, where, scope);
    }
    case 'Fn::Join': {
      const [delimiter, parts] = pair(argument, where);
      return list(resolve(parts, where, scope), where)
        .map((part) => text(part, where))
        .join(text(delimiter, where));
    }
    case 'Fn::Select': {
      const [index, items] = pair(argument, where);
      const resolved = list(resolve(items, where, scope), where);
      return resolved[Number(resolve(index, where, scope))] ?? malformed(where, argument);
    }
    case 'Fn::Split': {
      const [delimiter, source] = pair(argument, where);
      return text(resolve(source, where, scope), where).split(text(delimiter, where));
    }
    case 'Fn::GetStackOutput':
      return stackOutput(new Reader(resolve(argument, where, scope), where), scope);
    default:
      throw new Error(`${where}: the local cloud does not support the intrinsic function ${name}.`);
  }
}

function reference(name: string, where: string, scope: Scope): Json {
  switch (name) {
    case 'AWS::AccountId':
      return scope.accountId;
    case 'AWS::Partition':
      return 'aws';
    case 'AWS::StackId':
      return `arn:aws:cloudformation:${scope.region}:${scope.accountId}:stack/${scope.stackName}/local`;
    default:
  }
  const value = scope.reference(name);
  if (value !== undefined) return value;
  if (name.startsWith('AWS::')) throw new Error(`${where}: the local cloud does not support the reference ${name}.`);
  const { Parameters } = scope.template;
  if (isObject(Parameters) && Parameters[name] !== undefined)
    throw new Error(`${where}: the local cloud does not support parameters ("${name}").`);
  throw new Error(`${where}: there is no resource "${name}".`);
}

function attributeOf(logicalId: string, attribute: string, where: string, scope: Scope): string {
  const value = scope.attribute(logicalId, attribute);
  if (value === undefined)
    throw new Error(`${where}: the local cloud does not support the attribute "${attribute}" of ${logicalId}.`);
  return value;
}

/** As a deployment reads it: when the stack that refers to it is made or changed. */
function stackOutput(argument: Reader, scope: Scope): string {
  const { where } = argument.only('StackName', 'OutputName', 'Region');
  const stackName = argument.text('StackName');
  const outputName = argument.text('OutputName');
  const region = argument.optionalText('Region') ?? scope.region;
  if (region !== scope.region)
    throw new Error(`${where}: the Region is "${region}", and the local cloud has ${scope.region} only.`);
  const outputs = scope.outputs(stackName);
  if (outputs === undefined) throw new Error(`${where}: there is no stack "${stackName}" among those deployed before.`);
  const value = outputs[outputName];
  if (value === undefined) {
    const known = Object.keys(outputs).join(', ') || 'none';
    throw new Error(`${where}: the stack ${stackName} has no output "${outputName}". It has ${known}.`);
  }
  return value;
}

function attributeArguments(argument: Json): readonly [string, string] | undefined {
  const [logicalId, attribute] = isList(argument) ? argument : [];
  return typeof logicalId === 'string' && typeof attribute === 'string' ? [logicalId, attribute] : undefined;
}

function text(value: Json | undefined, where: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return malformed(where, value);
}

function list(value: Json | undefined, where: string): readonly Json[] {
  return isList(value) ? value : malformed(where, value);
}

function pair(value: Json, where: string): readonly [Json, Json] {
  const [first, second] = list(value, where);
  return first !== undefined && second !== undefined ? [first, second] : malformed(where, value);
}

function malformed(where: string, value: Json | undefined): never {
  throw new Error(`${where}: can't be evaluated with ${JSON.stringify(value)?.slice(0, 120)}.`);
}
