import type { EngineRequest } from '../engine.ts';
import { header } from './call.ts';
import { headerNotTaken, noSuchKey, preconditionFailed } from './refusal.ts';
import type { ObjectVersion } from './store.ts';

/** Whether a reader's conditions let the object through; throws PreconditionFailed for those that forbid it. */
export function readCondition(request: EngineRequest, version: ObjectVersion): 'send' | 'not modified' {
  const ifMatch = header(request, 'if-match');
  const ifNoneMatch = header(request, 'if-none-match');
  const modified = Math.floor(version.modifiedAt / 1000) * 1000;
  const unmodifiedSince = Date.parse(header(request, 'if-unmodified-since') ?? '');
  const modifiedSince = Date.parse(header(request, 'if-modified-since') ?? '');
  if (ifMatch !== undefined) {
    if (!names(ifMatch, version.etag)) throw preconditionFailed('If-Match');
  } else if (modified > unmodifiedSince) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined) return names(ifNoneMatch, version.etag) ? 'not modified' : 'send';
  return modified <= modifiedSince ? 'not modified' : 'send';
}

/** Checks a writer's conditions against the version that is the latest: If-None-Match: * or If-Match, one of them; throws NotImplemented. */
export function writeCondition(request: EngineRequest, key: string): (current: ObjectVersion | undefined) => void {
  const ifMatch = header(request, 'if-match');
  const ifNoneMatch = header(request, 'if-none-match');
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    throw headerNotTaken('If-Match,If-None-Match', 'Multiple conditional request headers present in the request');
  }
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') throw valueNotTaken('If-None-Match');
  if (ifMatch === '*') throw valueNotTaken('If-Match');
  return (current) => {
    const exists = current !== undefined && !current.deleteMarker;
    if (ifNoneMatch !== undefined && exists) throw preconditionFailed('If-None-Match');
    if (ifMatch === undefined) return;
    if (!exists) throw noSuchKey(key);
    if (!names(ifMatch, current.etag)) throw preconditionFailed('If-Match');
  };
}

function names(condition: string, etag: string): boolean {
  return condition.split(',').some((part) => {
    const name = part.trim();
    return name === '*' || name.replace(/^"(.*)"$/, '$1') === etag;
  });
}

const valueNotTaken = (name: string) =>
  headerNotTaken(name, `We don't accept the provided value of ${name} header for this API`);
