import { XMLParser } from 'fast-xml-parser';
import type { EngineRequest } from '../engine.ts';
import { bucketArn, type Operation } from './context.ts';
import { readableVersion } from './object-operations.ts';
import { smallBody } from './receive.ts';
import { malformedXml, refusal } from './refusal.ts';
import { xmlAnswer } from './xml.ts';

/** As S3 has it: tags of an object, and characters of a key and of a value. */
const most = { tags: 10, key: 128, value: 256 };
const maxDocumentBytes = 64 * 1024;

function onVersion(action: string): Operation['authorizations'] {
  return ({ request, bucket, key }) => [
    {
      action: `s3:${action}${request.query.has('versionId') ? 'Version' : ''}Tagging`,
      resource: `${bucketArn(bucket)}/${key}`,
    },
  ];
}

export const putObjectTagging: Operation = {
  authorizations: onVersion('PutObject'),
  async carryOut(context, call) {
    const tags = await tagSet(call.request);
    const version = readableVersion(context, call);
    context.store.setTags(version, tags);
    return { status: 200, headers: { 'x-amz-version-id': version.versionId } };
  },
};

export const getObjectTagging: Operation = {
  authorizations: onVersion('GetObject'),
  async carryOut(context, call) {
    const version = readableVersion(context, call);
    const Tag = Object.entries(context.store.tags(version)).map(([Key, Value]) => ({ Key, Value }));
    return xmlAnswer('Tagging', { TagSet: { Tag } }, { 'x-amz-version-id': version.versionId });
  },
};

const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, isArray: (name) => name === 'Tag' });

async function tagSet(request: EngineRequest): Promise<Record<string, string>> {
  const xml = await smallBody(request, maxDocumentBytes);
  let document: { readonly Tagging?: { readonly TagSet?: { readonly Tag?: readonly unknown[] } | '' } };
  try {
    document = parser.parse(xml ?? '', true);
  } catch {
    throw malformedXml();
  }
  const set = document.Tagging?.TagSet;
  if (set === undefined) throw malformedXml();
  const tags = set === '' ? [] : (set.Tag ?? []);
  if (tags.length > most.tags) throw refusal('BadRequest', 'Object tags cannot be greater than 10', 400);
  const named: Record<string, string> = {};
  for (const tag of tags) {
    const { Key, Value } = tag as { readonly Key?: unknown; readonly Value?: unknown };
    if (typeof Key !== 'string' || typeof Value !== 'string') throw malformedXml();
    if (Key === '' || Key.length > most.key)
      throw refusal('InvalidTag', 'The TagKey you have provided is invalid', 400, { TagKey: Key });
    if (Value.length > most.value)
      throw refusal('InvalidTag', 'The TagValue you have provided is invalid', 400, { TagKey: Key, TagValue: Value });
    if (Object.hasOwn(named, Key))
      throw refusal('InvalidTag', 'Cannot provide multiple Tags with the same key', 400, { TagKey: Key });
    named[Key] = Value;
  }
  return named;
}
