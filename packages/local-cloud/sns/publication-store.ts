import { DatabaseSync } from 'node:sqlite';
import type { Owed } from '../delivery.ts';
import type { Publication } from './notification.ts';

/** Opens the publications that no queue has yet, in one SQLite file. What a call has written survives the death of the process. */
export function openPublicationStore(file: string) {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;');
  db.exec('CREATE TABLE IF NOT EXISTS publication (id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL) STRICT');
  const insert = db.prepare('INSERT INTO publication (event) VALUES (?)');
  const all = db.prepare('SELECT id, event FROM publication ORDER BY id');
  const remove = db.prepare('DELETE FROM publication WHERE id = ?');
  let open = (all.all() as unknown[]).length;

  return {
    /** Keeps a message's publications, all of them or none. */
    add(publications: readonly Publication[]): readonly Owed<Publication, number>[] {
      db.exec('BEGIN IMMEDIATE');
      try {
        const owed = publications.map((event) => {
          const { lastInsertRowid } = insert.run(JSON.stringify(event));
          return { id: Number(lastInsertRowid), event };
        });
        db.exec('COMMIT');
        open += owed.length;
        return owed;
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },
    /** Oldest first. */
    unconfirmed: (): readonly Owed<Publication, number>[] =>
      all.all().map((row) => ({ id: Number(row.id), event: JSON.parse(String(row.event)) as Publication })),
    confirm(id: number): void {
      open -= Number(remove.run(id).changes);
    },
    /** How many no queue has yet. */
    count: (): number => open,
    close: () => db.close(),
  };
}
