import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import type { PropertyType, Resource, SpecDatabase, TypeDefinition } from '@aws-cdk/service-spec-types';

type Template = {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: unknown }>>;
};

let loading: Promise<SpecDatabase> | undefined;

/**
 * What CloudFormation would refuse in a template, by its own specification: types of resources, names, types and values of
 * properties, required ones that are missing, and attributes that a resource does not have. Each with its place.
 */
export async function specificationProblems({ Resources }: Template): Promise<readonly string[]> {
  loading ??= loadAwsServiceSpec();
  const specification = await loading;
  const resourceOf = (type: string): Resource | undefined =>
    specification.lookup('resource', 'cloudFormationType', 'equals', type)[0];
  return Object.entries(Resources).flatMap(([id, { Type, Properties = {} }]) => {
    const resource = resourceOf(Type);
    if (resource === undefined) return [`${id}: there is no type ${Type}`];
    const unknown = attributesRead(Properties)
      .filter(
        ([of, attribute]) => Resources[of] !== undefined && !resourceOf(Resources[of].Type)?.attributes[attribute],
      )
      .map(([of, attribute]) => `${id}: ${of} has no attribute ${attribute}`);
    return [...membersOf(Properties, resource, id, specification), ...unknown];
  });
}

function membersOf(
  value: unknown,
  { properties }: Pick<TypeDefinition, 'properties'>,
  where: string,
  specification: SpecDatabase,
): readonly string[] {
  if (!isObject(value)) return [`${where}: must be an object`];
  const missing = Object.entries(properties).filter(([name, { required }]) => required && value[name] === undefined);
  return [
    ...missing.map(([name]) => `${where}: ${name} is missing`),
    ...Object.entries(value).flatMap(([name, member]) => {
      if (member === undefined) return [];
      const property = properties[name];
      if (property === undefined) return [`${where}: there is no property ${name}`];
      return problemsOf(member, property.type, `${where}.${name}`, specification);
    }),
  ];
}

function problemsOf(value: unknown, type: PropertyType, where: string, specification: SpecDatabase): readonly string[] {
  const intrinsic = isObject(value) && Object.keys(value).some((name) => name === 'Ref' || name.startsWith('Fn::'));
  const must = (holds: boolean, what: string) =>
    holds ? [] : [`${where}: must be ${what}, not ${JSON.stringify(value)}`];
  switch (type.type) {
    case 'ref':
      return membersOf(value, specification.get('typeDefinition', type.reference.$ref), where, specification);
    case 'array':
      if (!Array.isArray(value)) return must(intrinsic, 'a list');
      return value.flatMap((item, index) => problemsOf(item, type.element, `${where}[${index}]`, specification));
    case 'map':
      if (!isObject(value)) return must(false, 'an object');
      return Object.entries(value).flatMap(([key, member]) =>
        problemsOf(member, type.element, `${where}.${key}`, specification),
      );
    case 'union': {
      const found = type.types.map((each) => problemsOf(value, each, where, specification));
      return found.some((problems) => problems.length === 0) ? [] : (found[0] ?? []);
    }
    case 'string':
    case 'date-time':
      if (intrinsic) return [];
      if (type.type === 'string' && type.allowedValues !== undefined && type.allowedValues.length > 0)
        return must(type.allowedValues.includes(String(value)), `one of ${type.allowedValues.join(', ')}`);
      return must(typeof value === 'string', 'a string');
    case 'integer':
    case 'number':
      return must(
        intrinsic || (typeof value === 'number' && (type.type === 'number' || Number.isInteger(value))),
        type.type,
      );
    case 'boolean':
      return must(intrinsic || typeof value === 'boolean', 'true or false');
    case 'tag':
      return must(isObject(value) && typeof value.Key === 'string' && value.Value !== undefined, 'a tag');
    case 'json':
    case 'null':
      return [];
  }
}

/** The attributes that a part of a template reads, with whose they are. */
function attributesRead(part: unknown): readonly (readonly [string, string])[] {
  if (Array.isArray(part)) return part.flatMap(attributesRead);
  if (!isObject(part)) return [];
  return Object.entries(part).flatMap(([name, member]) =>
    name === 'Fn::GetAtt' && Array.isArray(member)
      ? [[String(member[0]), String(member[1])] as const]
      : attributesRead(member),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
