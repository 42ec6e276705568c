import type { Adapter, AdapterPayload } from 'oidc-provider';

type LoginRecord = { readonly payload: AdapterPayload; readonly expires: number };

/** Keeps sessions, codes, grants and refresh tokens in memory, each until it expires. */
export function createLoginRecords(): (kind: string) => Adapter {
  const byKind = new Map<string, Map<string, LoginRecord>>();

  return (kind) => {
    const records = new Map<string, LoginRecord>();
    byKind.set(kind, records);
    const valid = (record: LoginRecord | undefined): AdapterPayload | undefined =>
      record !== undefined && record.expires > Date.now() ? record.payload : undefined;

    return {
      async upsert(id, payload, seconds) {
        for (const [each, { expires }] of records) if (expires <= Date.now()) records.delete(each);
        const expires = seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1000;
        records.set(id, { payload, expires });
      },
      find: async (id) => valid(records.get(id)),
      findByUid: async (uid) => valid([...records.values()].find(({ payload }) => payload.uid === uid)),
      // Only devices without a browser use these codes, and none signs in here.
      findByUserCode: async () => undefined,
      async consume(id) {
        const payload = valid(records.get(id));
        if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
      },
      async destroy(id) {
        records.delete(id);
      },
      async revokeByGrantId(grantId) {
        for (const each of byKind.values()) {
          for (const [id, { payload }] of each) if (payload.grantId === grantId) each.delete(id);
        }
      },
    };
  };
}
