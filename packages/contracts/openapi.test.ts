import type * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type Endpoint, endpoints, openApiPath, schemas } from './api.ts';
import { type OpenApiOperation, type OpenApiParameter, openApiDocument } from './openapi.ts';
import { problemTypes } from './problem.ts';

const document = openApiDocument({ serverUrl: 'https://api.example.org' });
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

/** Every object within a value, with its JSON pointer. */
function* objectsIn(value: unknown, at = '#'): Generator<[string, Readonly<Record<string, unknown>>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [at, value as Record<string, unknown>];
  for (const [key, each] of Object.entries(value))
    yield* objectsIn(each, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

function resolved(pointer: string): unknown {
  const [root, ...keys] = pointer.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (root !== '#') return undefined;
  return keys.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    document,
  );
}

function parametersOf({ parameters = [] }: OpenApiOperation): OpenApiParameter[] {
  return parameters.map((each) => ('$ref' in each ? (resolved(each.$ref) as OpenApiParameter) : each));
}

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1, with what every object of it must have', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    expect(document.servers).toEqual([{ url: 'https://api.example.org' }]);
    for (const { path, operation } of operations) {
      expect(path).toMatch(/^\/v1\/[\w/{}.-]+$/);
      expect(operation.summary).not.toBe('');
      for (const parameter of parametersOf(operation)) {
        expect(parameter).toMatchObject({ name: expect.any(String), schema: expect.any(Object) });
        expect(['path', 'query', 'header']).toContain(parameter.in);
      }
      const statuses = Object.keys(operation.responses);
      expect(statuses.filter((status) => !/^[1-5]\d\d$/.test(status))).toEqual([]);
      expect(statuses.filter((status) => status.startsWith('2'))).toHaveLength(1);
      for (const response of Object.values(operation.responses)) {
        const { description } = ('$ref' in response ? resolved(response.$ref) : response) as { description?: string };
        expect(description).toMatch(/\S/);
      }
      const names = document.tags.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining([...operation.tags]));
    }
    for (const name of Object.values(document.components).flatMap((each) => Object.keys(each)))
      expect(name).toMatch(/^[\w.-]+$/);
  });

  it('is JSON as it stands, the same each time', () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    expect(openApiDocument({ serverUrl: 'https://api.example.org' })).toEqual(document);
  });

  it('refers only to what is there, and holds no component that nothing refers to', () => {
    const references = [...objectsIn(document)].flatMap(([, { $ref }]) => (typeof $ref === 'string' ? [$ref] : []));
    expect(references.filter((reference) => resolved(reference) === undefined)).toEqual([]);
    const { securitySchemes: _, ...others } = document.components;
    const components = Object.entries(others).flatMap(([kind, each]) =>
      Object.keys(each).map((name) => `#/components/${kind}/${name}`),
    );
    expect(components.filter((component) => !references.includes(component))).toEqual([]);
  });

  it('has every endpoint under its own name, and itself', () => {
    const described = operations.map(({ path, method, operation }) => [operation.operationId, method, path]);
    const contracted = Object.entries(endpoints).map(([name, { method, path }]) => [name, method.toLowerCase(), path]);
    expect(described).toHaveLength(contracted.length + 1);
    expect(described).toEqual(expect.arrayContaining([...contracted, ['readOpenApi', 'get', openApiPath]]));
    expect(new Set(described.map(([id]) => id)).size).toBe(described.length);
  });

  it('declares the parameters of every path, required, and each parameter once', () => {
    for (const { path, operation } of operations) {
      const inPath = parametersOf(operation).filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`).sort(), path).toEqual((path.match(/\{\w+\}/g) ?? []).sort());
      expect(inPath.every(({ required }) => required)).toBe(true);
      const places = parametersOf(operation).map((parameter) => `${parameter.in} ${parameter.name}`);
      expect(new Set(places).size).toBe(places.length);
    }
  });

  it('has no two paths that differ in the names of their parameters only', () => {
    const shapes = Object.keys(document.paths).map((path) => path.replaceAll(/\{\w+\}/g, '{}'));
    expect(new Set(shapes).size).toBe(shapes.length);
  });

  it.each(Object.entries<Endpoint>(endpoints))('tells of %s what its endpoint has', (name, endpoint) => {
    const operation = document.paths[endpoint.path]?.[endpoint.method.toLowerCase()];
    if (operation === undefined) throw new Error(`${name} is not described`);
    const names = parametersOf(operation).map((parameter) => parameter.name);
    expect(operation['x-roles']).toEqual(endpoint.roles);
    expect(operation.security).toEqual([{ accessToken: [] }]);
    expect(names.includes('If-Match')).toBe(endpoint.ifMatch === true);
    expect(names.includes('Idempotency-Key')).toBe(endpoint.method !== 'GET');
    expect(operation.requestBody !== undefined).toBe(endpoint.body !== undefined);
    expect(Object.keys(operation.responses)).toEqual(
      expect.arrayContaining([
        String(endpoint.status),
        ...['401', '403', '429', '500', '503'],
        ...(endpoint.body === undefined ? [] : ['400', '415']),
        ...(endpoint.parameters === undefined ? [] : ['400', '404']),
        ...(endpoint.method === 'GET' ? [] : ['409', '413', '422']),
        ...(endpoint.ifMatch === undefined ? [] : ['412', '428']),
      ]),
    );
  });

  it('tells of itself what the gateway answers where the function can not', () => {
    const statuses = Object.keys(document.paths[openApiPath]?.get?.responses ?? {});
    expect(statuses).toEqual(['200', '304', '429', '500', '503']);
  });

  it('asks everything but itself for a token, of the issuer where it is known', () => {
    const open = operations.filter(({ operation }) => operation.security.length === 0);
    expect(open.map(({ path }) => path)).toEqual([openApiPath]);
    expect(document.components.securitySchemes.accessToken).toMatchObject({ type: 'http', scheme: 'bearer' });
    const { accessToken } = openApiDocument({ issuer: 'https://id.example.org/pool/' }).components.securitySchemes;
    expect(accessToken).toMatchObject({
      type: 'openIdConnect',
      openIdConnectUrl: 'https://id.example.org/pool/.well-known/openid-configuration',
    });
  });

  it('documents every type of problem where it comes', () => {
    const documented = Object.values(document.components.responses).flatMap(
      (response) => response['x-problem-types'] ?? [],
    );
    expect(documented.map(({ type }) => type).sort()).toEqual(Object.keys(problemTypes).sort());
    for (const [type, { title }] of Object.entries(problemTypes)) {
      expect(document.info.description).toContain(`\`${type}\``);
      expect(documented).toContainEqual({ type, title });
    }
  });
});

it('names in `schemas` whatever object recurs in two endpoints', () => {
  const named = new Set<unknown>(Object.values(schemas));
  const seenIn = new Map<object, Set<string>>();
  const visit = (schema: unknown, endpoint: string): void => {
    if (typeof schema !== 'object' || schema === null || named.has(schema)) return;
    const { type, entries, item, wrapped, value, options, pipe } = schema as Record<string, unknown>;
    if (type === 'object' || type === 'strict_object')
      seenIn.set(schema, (seenIn.get(schema) ?? new Set<string>()).add(endpoint));
    const inside = [item, wrapped, value, ...Object.values(entries ?? {})];
    for (const list of [options, pipe]) if (Array.isArray(list)) inside.push(...list.filter((each) => each !== schema));
    for (const each of inside) visit(each, endpoint);
  };
  for (const [name, { body, answer }] of Object.entries<Endpoint>(endpoints)) {
    visit(body, name);
    visit(answer, name);
  }
  const unnamed = [...seenIn]
    .filter(([, places]) => places.size > 1)
    .map(([schema, places]) => [
      Object.keys((schema as v.ObjectSchema<v.ObjectEntries, undefined>).entries),
      [...places],
    ]);
  expect(unnamed).toEqual([]);
});
