import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

/** A message as it lies in a queue. Instants are epoch milliseconds of the business clock. */
export type StoredMessage = {
  readonly seq: number;
  readonly queue: number;
  readonly id: string;
  readonly body: string;
  /** JSON of MessageAttributes. */
  readonly attributes: string;
  /** JSON of the system attributes that the sender set. */
  readonly system: string;
  readonly sender: string;
  readonly sentAt: number;
  readonly visibleAt: number;
  /** The last receive from this queue; null before the first. */
  readonly receivedAt: number | null;
  readonly firstReceivedAt: number | null;
  readonly receiveCount: number;
  /** The queue from which it came to this dead-letter queue. */
  readonly sourceArn: string | null;
};

/** What a receive has to know of a message to choose it. */
export type Candidate = Pick<StoredMessage, 'seq' | 'id' | 'receiveCount'>;

export type NewMessage = Pick<
  StoredMessage,
  'queue' | 'body' | 'attributes' | 'system' | 'sender' | 'sentAt' | 'visibleAt'
>;

export type StoredQueue = {
  readonly queue: number;
  readonly name: string;
  readonly attributes: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
};

export type MoveTask = {
  readonly handle: string;
  readonly sourceArn: string;
  readonly destinationArn: string | null;
  readonly status: string;
  readonly startedAt: number;
  readonly moved: number;
  readonly toMove: number;
  readonly failureReason: string | null;
};

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS queue (
    queue INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, attributes TEXT NOT NULL,
    createdAt INTEGER NOT NULL, modifiedAt INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    attributes TEXT NOT NULL, system TEXT NOT NULL, sender TEXT NOT NULL, sentAt INTEGER NOT NULL,
    visibleAt INTEGER NOT NULL, receivedAt INTEGER, firstReceivedAt INTEGER,
    receiveCount INTEGER NOT NULL DEFAULT 0, sourceArn TEXT, delayedOnPurpose INTEGER NOT NULL DEFAULT 0,
    inHand INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS messageVisible ON message (queue, visibleAt);
  CREATE TABLE IF NOT EXISTS moveTask (
    task INTEGER PRIMARY KEY AUTOINCREMENT, handle TEXT NOT NULL, sourceArn TEXT NOT NULL, destinationArn TEXT,
    status TEXT NOT NULL, startedAt INTEGER NOT NULL, moved INTEGER NOT NULL, toMove INTEGER NOT NULL, failureReason TEXT
  );
`;

/** How many visible messages a random choice is made from. */
const RANDOM_WINDOW = 1000;

/**
 * Opens the messages and queues in one SQLite file, which this process then holds alone.
 * What a call has written survives the death of the process (not of the machine). Throws when another process holds the file.
 */
export function openMessageStore(file: string) {
  const db = new DatabaseSync(file);
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;');
    db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    // A file of before these columns were there.
    const columns = new Set(
      db
        .prepare('PRAGMA table_info(message)')
        .all()
        .map(({ name }) => name),
    );
    for (const column of ['delayedOnPurpose', 'inHand']) {
      if (!columns.has(column)) db.exec(`ALTER TABLE message ADD COLUMN ${column} INTEGER NOT NULL DEFAULT 0`);
    }
  } catch (error) {
    db.close();
    if (error instanceof Error && /locked/.test(error.message)) {
      throw new Error(`The queues in ${file} are in use: another local cloud runs on this data. Stop it first.`);
    }
    throw error;
  }

  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');

  const queues = db.prepare('SELECT * FROM queue ORDER BY name');
  const putQueue = db.prepare(
    `INSERT INTO queue (name, attributes, createdAt, modifiedAt) VALUES (:name, :attributes, :at, :at)
     ON CONFLICT (name) DO UPDATE SET attributes = :attributes, modifiedAt = :at RETURNING *`,
  );
  const removeQueue = db.prepare('DELETE FROM queue WHERE queue = ?');
  const removeHeld = db.prepare('DELETE FROM message WHERE queue = ?');
  const insert = db.prepare(
    `INSERT INTO message (queue, id, body, attributes, system, sender, sentAt, visibleAt)
     VALUES (:queue, :id, :body, :attributes, :system, :sender, :sentAt, :visibleAt)`,
  );
  const choose = 'SELECT seq, id, receiveCount FROM message WHERE queue = ? AND visibleAt <= ?';
  const oldest = db.prepare(`${choose} ORDER BY visibleAt, seq LIMIT ?`);
  const newest = db.prepare(`${choose} ORDER BY visibleAt DESC, seq DESC LIMIT ?`);
  const take = db.prepare(
    `UPDATE message SET visibleAt = :visibleAt, receivedAt = :at, firstReceivedAt = coalesce(firstReceivedAt, :at),
     receiveCount = receiveCount + 1, delayedOnPurpose = 0, inHand = 1 WHERE seq = :seq RETURNING *`,
  );
  const moveToDeadLetters = db.prepare(
    'UPDATE message SET queue = :queue, visibleAt = :at, receivedAt = NULL, sourceArn = :sourceArn WHERE seq = :seq RETURNING sentAt',
  );
  const removeOne = db.prepare('DELETE FROM message WHERE seq = ? AND queue = ? AND receiveCount = ?');
  const removeOld = db.prepare('DELETE FROM message WHERE queue = ? AND sentAt <= ?');
  const bySeq = db.prepare('SELECT * FROM message WHERE seq = ? AND queue = ?');
  const setVisible = db.prepare('UPDATE message SET visibleAt = ?, delayedOnPurpose = 1 WHERE seq = ?');
  const showReceived = db.prepare(
    `UPDATE message SET visibleAt = :at
     WHERE queue = :queue AND receivedAt IS NOT NULL AND visibleAt > :at AND NOT delayedOnPurpose`,
  );
  const endReceive = db.prepare('UPDATE message SET inHand = 0 WHERE seq = ? AND queue = ? AND receiveCount = ?');
  const undoReceives = db.prepare(
    `UPDATE message SET visibleAt = min(visibleAt, :at), receiveCount = receiveCount - 1, inHand = 0,
     receivedAt = iif(receiveCount = 1, NULL, receivedAt), firstReceivedAt = iif(receiveCount = 1, NULL, firstReceivedAt)
     WHERE queue = :queue AND inHand AND NOT delayedOnPurpose AND receivedAt IS NOT NULL`,
  );
  const countVisible = db.prepare('SELECT count(*) AS n FROM message WHERE queue = ? AND visibleAt <= ?');
  const countHidden = db.prepare(
    'SELECT count(*) AS n, count(receivedAt) AS received FROM message WHERE queue = ? AND visibleAt > ?',
  );
  const firstVisible = db.prepare(
    'SELECT visibleAt AS at FROM message WHERE queue = ? AND visibleAt >= ? ORDER BY visibleAt LIMIT 1',
  );
  const firstSent = db.prepare('SELECT min(sentAt) AS at FROM message WHERE queue = ?');
  const visible = db.prepare('SELECT * FROM message WHERE queue = ? AND visibleAt <= ? ORDER BY visibleAt, seq');
  const removeSeq = db.prepare('DELETE FROM message WHERE seq = ?');
  const putTask = db.prepare(
    `INSERT INTO moveTask (handle, sourceArn, destinationArn, status, startedAt, moved, toMove, failureReason)
     VALUES (:handle, :sourceArn, :destinationArn, :status, :startedAt, :moved, :toMove, :failureReason)`,
  );
  const tasks = db.prepare('SELECT * FROM moveTask WHERE sourceArn = ? ORDER BY task DESC LIMIT ?');

  return {
    /** Runs the work as one transaction. */
    atomically<T>(work: () => T): T {
      begin.run();
      try {
        const result = work();
        commit.run();
        return result;
      } catch (error) {
        rollback.run();
        throw error;
      }
    },
    queues: () => queues.all() as unknown as StoredQueue[],
    putQueue: (name: string, attributes: string, at: number) =>
      putQueue.get({ name, attributes, at }) as unknown as StoredQueue,
    /** Deletes a queue with all that it holds. */
    removeQueue(queue: number): void {
      removeHeld.run(queue);
      removeQueue.run(queue);
    },
    /** Puts a message into a queue as many times as it is to be delivered; answers its id. */
    insert(message: NewMessage, copies: number): string {
      const id = randomUUID();
      for (let copy = 0; copy < copies; copy += 1) insert.run({ id, ...message });
      return id;
    },
    oldest: (queue: number, at: number, limit: number) => oldest.all(queue, at, limit) as unknown as Candidate[],
    newest: (queue: number, at: number, limit: number) => newest.all(queue, at, limit) as unknown as Candidate[],
    /** The oldest visible messages in an order drawn from `random` (0 to below 1). */
    shuffled(queue: number, at: number, random: () => number): Candidate[] {
      const candidates = oldest.all(queue, at, RANDOM_WINDOW) as unknown as Candidate[];
      return candidates
        .map((candidate) => ({ candidate, rank: random() }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ candidate }) => candidate);
    },
    /** Marks a message as received, hidden until `visibleAt`. */
    take: (seq: number, at: number, visibleAt: number) => take.get({ seq, at, visibleAt }) as unknown as StoredMessage,
    /** Moves a message to a dead-letter queue; answers when it was first sent. */
    moveToDeadLetters: (seq: number, queue: number, sourceArn: string, at: number) =>
      (moveToDeadLetters.get({ seq, queue, sourceArn, at }) as unknown as { sentAt: number }).sentAt,
    /** Deletes what was delivered by this receive; a later receive of the message keeps it. */
    remove: (seq: number, queue: number, receiveCount: number) =>
      Number(removeOne.run(seq, queue, receiveCount).changes) > 0,
    removeSeq: (seq: number) => void removeSeq.run(seq),
    /** Deletes what was sent at or before the instant. */
    removeSentBy: (queue: number, at: number) => Number(removeOld.run(queue, at).changes),
    message: (seq: number, queue: number) => bySeq.get(seq, queue) as unknown as StoredMessage | undefined,
    setVisibleAt: (seq: number, at: number) => void setVisible.run(at, seq),
    /** Tells that the holder of a receive has ended by itself: it counts from now on, whatever ends later. */
    endReceive: (seq: number, queue: number, receiveCount: number) => void endReceive.run(seq, queue, receiveCount),
    /** Takes the receives back whose holder did not end by itself. */
    undoReceives: (queue: number, at: number) => void undoReceives.run({ queue, at }),
    /** Shows what was received and is hidden by that alone: a receiver that chose a time for the next try is heard. */
    showReceived: (queue: number, at: number) => void showReceived.run({ queue, at }),
    visible: (queue: number, at: number) => visible.all(queue, at) as unknown as StoredMessage[],
    count(queue: number, at: number) {
      const hidden = countHidden.get(queue, at) as unknown as { n: number; received: number };
      return {
        visible: (countVisible.get(queue, at) as unknown as { n: number }).n,
        inFlight: hidden.received,
        delayed: hidden.n - hidden.received,
      };
    },
    /** The first instant from `at` on at which a message of the queue is or becomes visible. */
    firstVisibleFrom: (queue: number, at: number) =>
      (firstVisible.get(queue, at) as unknown as { at: number } | undefined)?.at,
    firstSentAt: (queue: number) => (firstSent.get(queue) as unknown as { at: number | null }).at ?? undefined,
    putTask: (task: MoveTask) => void putTask.run(task),
    tasks: (sourceArn: string, limit: number) => tasks.all(sourceArn, limit) as unknown as MoveTask[],
    close: () => db.close(),
  };
}

/** The messages and queues of one file. */
export type MessageStore = ReturnType<typeof openMessageStore>;
