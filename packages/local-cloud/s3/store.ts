import { randomBytes } from 'node:crypto';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';
import type { Owed } from '../delivery.ts';
import type { Checksum, ChecksumAlgorithm } from './checksum.ts';
import type { ObjectCreated } from './notification.ts';
import { noSuchUpload } from './refusal.ts';

/** The version id of every object in a bucket without versions. */
export const NULL_VERSION = 'null';

export type Bucket = { readonly name: string; readonly versioned: boolean };

export type ObjectVersion = {
  /** Grows with every change in the store. */
  readonly sequence: number;
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly latest: boolean;
  readonly deleteMarker: boolean;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Epoch milliseconds of the business clock. */
  readonly modifiedAt: number;
  /** The name of the body's file; a delete marker has none. */
  readonly body: string | undefined;
  /** The headers that came with the object and are given back with it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum: Checksum | undefined;
};

/** An object whose body is settled and which is to become visible. */
export type NewObject = Pick<ObjectVersion, 'key' | 'size' | 'etag' | 'modifiedAt' | 'headers' | 'checksum'> & {
  readonly body: string;
};

export type Upload = {
  readonly uploadId: string;
  readonly bucket: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly algorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: Checksum['type'];
};

export type Part = {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly checksum: Checksum | undefined;
  readonly body: string;
  readonly modifiedAt: number;
};

export type Notification = Owed<ObjectCreated, number>;

type Commit = {
  readonly version: ObjectVersion;
  readonly notification: Notification;
  /** Bodies that no row names any more. */
  readonly abandoned: readonly string[];
};

export type Store = ReturnType<typeof openStore>;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, versioned INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS versions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key TEXT NOT NULL,
    version_id TEXT NOT NULL,
    latest INTEGER NOT NULL,
    delete_marker INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    body TEXT,
    headers TEXT NOT NULL,
    checksum TEXT,
    UNIQUE (bucket, key, version_id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS tags (
    sequence INTEGER PRIMARY KEY REFERENCES versions (sequence) ON DELETE CASCADE,
    tags TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS latest_version ON versions (bucket, key) WHERE latest = 1;
  CREATE INDEX IF NOT EXISTS versions_of_key ON versions (bucket, key, sequence DESC);
  CREATE TABLE IF NOT EXISTS uploads (
    upload_id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key TEXT NOT NULL,
    headers TEXT NOT NULL,
    algorithm TEXT,
    checksum_type TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS parts (
    upload_id TEXT NOT NULL REFERENCES uploads (upload_id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    checksum TEXT,
    body TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (upload_id, number)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL) STRICT;
`;

type Row = Record<string, SQLOutputValue>;

/** Opens the metadata at this path, creating it when it is not there. Every change is one transaction. */
export function openStore(path: string) {
  const database = new DatabaseSync(path);
  // A killed process loses nothing with NORMAL; only a power cut could take the last changes.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
  database.exec(SCHEMA);

  const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  const prepared = (sql: string) => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const one = (sql: string, ...values: SQLInputValue[]): Row | undefined => prepared(sql).get(...values);
  const all = (sql: string, ...values: SQLInputValue[]): Row[] => prepared(sql).all(...values);
  const run = (sql: string, ...values: SQLInputValue[]) => prepared(sql).run(...values);

  function transaction<Result>(change: () => Result): Result {
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = change();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }

  const latest = (bucket: string, key: string): ObjectVersion | undefined =>
    versionOf(one('SELECT * FROM versions WHERE bucket = ? AND key = ? AND latest = 1', bucket, key));

  const version = (bucket: string, key: string, versionId: string): ObjectVersion | undefined =>
    versionOf(one('SELECT * FROM versions WHERE bucket = ? AND key = ? AND version_id = ?', bucket, key, versionId));

  /** Makes this the latest version; in a bucket without versions it takes the place of the one that was there. */
  function insertVersion(bucket: Bucket, object: NewObject | { key: string; modifiedAt: number }) {
    const versionId = bucket.versioned ? randomBytes(24).toString('base64url') : NULL_VERSION;
    const replaced = bucket.versioned ? undefined : version(bucket.name, object.key, NULL_VERSION);
    if (replaced === undefined) {
      run('UPDATE versions SET latest = 0 WHERE bucket = ? AND key = ? AND latest = 1', bucket.name, object.key);
    } else {
      run('DELETE FROM versions WHERE sequence = ?', replaced.sequence);
    }
    const content = 'body' in object ? object : undefined;
    run(
      `INSERT INTO versions (bucket, key, version_id, latest, delete_marker, size, etag, modified_at, body, headers, checksum)
       VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)`,
      bucket.name,
      object.key,
      versionId,
      content === undefined ? 1 : 0,
      content?.size ?? 0,
      content?.etag ?? '',
      object.modifiedAt,
      content?.body ?? null,
      JSON.stringify(content?.headers ?? {}),
      content?.checksum === undefined ? null : JSON.stringify(content.checksum),
    );
    const inserted = version(bucket.name, object.key, versionId);
    if (inserted === undefined) throw new Error(`s3://${bucket.name}/${object.key} was not stored`);
    return { inserted, abandoned: replaced?.body === undefined ? [] : [replaced.body] };
  }

  /** Forgets an upload and its parts and gives the parts' bodies; throws NoSuchUpload when it has ended already. */
  function endUpload(uploadId: string): readonly string[] {
    const bodies = all('SELECT body FROM parts WHERE upload_id = ?', uploadId).map((row) => String(row.body));
    if (run('DELETE FROM uploads WHERE upload_id = ?', uploadId).changes === 0) throw noSuchUpload(uploadId);
    return bodies;
  }

  return {
    /** Creates the bucket, or keeps the one that is there; versions can be switched on later but not off. */
    createBucket(name: string, versioned: boolean): void {
      const existing = one('SELECT versioned FROM buckets WHERE name = ?', name);
      if (existing !== undefined && Number(existing.versioned) === 1 && !versioned) {
        throw new Error(`Bucket ${name} keeps versions; they cannot be switched off. Start over with an empty store.`);
      }
      run(
        'INSERT INTO buckets (name, versioned) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET versioned = excluded.versioned',
        name,
        versioned ? 1 : 0,
      );
    },

    bucket(name: string): Bucket | undefined {
      const row = one('SELECT * FROM buckets WHERE name = ?', name);
      return row === undefined ? undefined : { name: String(row.name), versioned: Number(row.versioned) === 1 };
    },

    latest,
    version,

    /** Gives a version these tags in place of those that it had. */
    setTags({ sequence }: Pick<ObjectVersion, 'sequence'>, tags: Readonly<Record<string, string>>): void {
      run(
        'INSERT INTO tags (sequence, tags) VALUES (?, ?) ON CONFLICT (sequence) DO UPDATE SET tags = excluded.tags',
        sequence,
        JSON.stringify(tags),
      );
    },

    tags({ sequence }: Pick<ObjectVersion, 'sequence'>): Readonly<Record<string, string>> {
      return JSON.parse(String(one('SELECT tags FROM tags WHERE sequence = ?', sequence)?.tags ?? '{}'));
    },

    /**
     * Makes an object visible and notes down its notification, in one transaction. `precondition` sees the version
     * that is the latest until then and throws to refuse; an upload that is completed by this ends.
     */
    commit(
      bucket: Bucket,
      object: NewObject,
      cause: Pick<ObjectCreated, 'eventName' | 'principalId'> & {
        readonly precondition: (current: ObjectVersion | undefined) => void;
        readonly uploadId?: string;
      },
    ): Commit {
      return transaction(() => {
        cause.precondition(latest(bucket.name, object.key));
        const parts = cause.uploadId === undefined ? [] : endUpload(cause.uploadId);
        const { inserted, abandoned } = insertVersion(bucket, object);
        const event: ObjectCreated = {
          bucket: bucket.name,
          key: object.key,
          ...(bucket.versioned ? { versionId: inserted.versionId } : {}),
          size: object.size,
          etag: object.etag,
          sequencer: inserted.sequence.toString(16).toUpperCase().padStart(18, '0'),
          eventTime: new Date(object.modifiedAt).toISOString(),
          eventName: cause.eventName,
          principalId: cause.principalId,
        };
        const { lastInsertRowid } = run('INSERT INTO outbox (event) VALUES (?)', JSON.stringify(event));
        return {
          version: inserted,
          notification: { id: Number(lastInsertRowid), event },
          abandoned: [...abandoned, ...parts],
        };
      });
    },

    /** Hides the object behind a delete marker; in a bucket without versions the object itself goes. */
    hide(bucket: Bucket, key: string, modifiedAt: number) {
      return transaction(() => {
        if (bucket.versioned) return { marker: insertVersion(bucket, { key, modifiedAt }).inserted, abandoned: [] };
        const row = one(
          'DELETE FROM versions WHERE bucket = ? AND key = ? AND version_id = ? RETURNING body',
          bucket.name,
          key,
          NULL_VERSION,
        );
        return { marker: undefined, abandoned: typeof row?.body === 'string' ? [row.body] : [] };
      });
    },

    /** Removes one version for good; the newest of the others becomes the latest. */
    removeVersion(bucket: string, key: string, versionId: string): ObjectVersion | undefined {
      return transaction(() => {
        const removed = version(bucket, key, versionId);
        if (removed === undefined) return undefined;
        run('DELETE FROM versions WHERE sequence = ?', removed.sequence);
        if (removed.latest) {
          run(
            `UPDATE versions SET latest = 1
             WHERE sequence = (SELECT max(sequence) FROM versions WHERE bucket = ? AND key = ?)`,
            bucket,
            key,
          );
        }
        return removed;
      });
    },

    /** The next object beyond the key `after` among those with the prefix, in the order of their keys' UTF-8 bytes. */
    nextObject(bucket: string, prefix: string, after: string): ObjectVersion | undefined {
      const next = versionOf(
        one(
          `SELECT * FROM versions WHERE bucket = ? AND latest = 1 AND delete_marker = 0 AND key >= ? AND key > ?
           ORDER BY key LIMIT 1`,
          bucket,
          prefix,
          after,
        ),
      );
      return next?.key.startsWith(prefix) === true ? next : undefined;
    },

    /** The next version or delete marker among those with the prefix: by key, each key's newest first. */
    nextVersion(bucket: string, prefix: string, after: Pick<ObjectVersion, 'key' | 'sequence'>) {
      const next = versionOf(
        one(
          `SELECT * FROM versions WHERE bucket = ? AND key >= ? AND key >= ? AND (key > ? OR sequence < ?)
           ORDER BY key, sequence DESC LIMIT 1`,
          bucket,
          prefix,
          after.key,
          after.key,
          after.sequence,
        ),
      );
      return next?.key.startsWith(prefix) === true ? next : undefined;
    },

    createUpload(upload: Omit<Upload, 'uploadId'>): Upload {
      const uploadId = randomBytes(48).toString('base64url');
      run(
        'INSERT INTO uploads (upload_id, bucket, key, headers, algorithm, checksum_type) VALUES (?, ?, ?, ?, ?, ?)',
        uploadId,
        upload.bucket,
        upload.key,
        JSON.stringify(upload.headers),
        upload.algorithm ?? null,
        upload.checksumType,
      );
      return { ...upload, uploadId };
    },

    upload(bucket: string, key: string, uploadId: string): Upload {
      const row = one('SELECT * FROM uploads WHERE upload_id = ? AND bucket = ? AND key = ?', uploadId, bucket, key);
      if (row === undefined) throw noSuchUpload(uploadId);
      return {
        uploadId,
        bucket,
        key,
        headers: JSON.parse(String(row.headers)) as Record<string, string>,
        algorithm: row.algorithm === null ? undefined : (String(row.algorithm) as ChecksumAlgorithm),
        checksumType: String(row.checksum_type) as Checksum['type'],
      };
    },

    /** Keeps a part, in place of one with the same number; gives the bodies that this abandons. */
    putPart(uploadId: string, part: Part): readonly string[] {
      return transaction(() => {
        if (one('SELECT 1 FROM uploads WHERE upload_id = ?', uploadId) === undefined) throw noSuchUpload(uploadId);
        const replaced = one(
          'DELETE FROM parts WHERE upload_id = ? AND number = ? RETURNING body',
          uploadId,
          part.number,
        );
        run(
          'INSERT INTO parts (upload_id, number, size, etag, checksum, body, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
          uploadId,
          part.number,
          part.size,
          part.etag,
          part.checksum === undefined ? null : JSON.stringify(part.checksum),
          part.body,
          part.modifiedAt,
        );
        return replaced === undefined ? [] : [String(replaced.body)];
      });
    },

    /** The parts of an upload in the order of their numbers. */
    parts(uploadId: string): readonly Part[] {
      return all('SELECT * FROM parts WHERE upload_id = ? ORDER BY number', uploadId).map((row) => ({
        number: Number(row.number),
        size: Number(row.size),
        etag: String(row.etag),
        checksum: checksumOf(row.checksum),
        body: String(row.body),
        modifiedAt: Number(row.modified_at),
      }));
    },

    endUpload,

    /** The notifications that nobody has confirmed yet, oldest first. */
    unconfirmed(): readonly Notification[] {
      return all('SELECT * FROM outbox ORDER BY id').map((row) => ({
        id: Number(row.id),
        event: JSON.parse(String(row.event)) as ObjectCreated,
      }));
    },

    confirm(id: number): void {
      run('DELETE FROM outbox WHERE id = ?', id);
    },

    /** The names of all bodies that a row knows. */
    bodies(): ReadonlySet<string> {
      const rows = all('SELECT body FROM versions WHERE body IS NOT NULL UNION ALL SELECT body FROM parts');
      return new Set(rows.map((row) => String(row.body)));
    },

    close(): void {
      database.close();
    },
  };
}

function rowVersion(row: Row): ObjectVersion {
  return {
    sequence: Number(row.sequence),
    bucket: String(row.bucket),
    key: String(row.key),
    versionId: String(row.version_id),
    latest: Number(row.latest) === 1,
    deleteMarker: Number(row.delete_marker) === 1,
    size: Number(row.size),
    etag: String(row.etag),
    modifiedAt: Number(row.modified_at),
    body: row.body === null ? undefined : String(row.body),
    headers: JSON.parse(String(row.headers)) as Record<string, string>,
    checksum: checksumOf(row.checksum),
  };
}

function versionOf(row: Row | undefined): ObjectVersion | undefined {
  return row === undefined ? undefined : rowVersion(row);
}

function checksumOf(value: SQLOutputValue | undefined): Checksum | undefined {
  return typeof value === 'string' ? (JSON.parse(value) as Checksum) : undefined;
}
