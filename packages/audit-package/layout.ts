import { maxNameBytes, maxNameParts } from '@secor/contracts';
import type { Entry } from './archive.ts';
import { type Problems, shown } from './problem.ts';
import { type Fault, fault } from './sentences.ts';

/** An entry with its place in the package. */
export type NamedEntry = {
  readonly entry: Entry;
  /** From the folder of audit.json, in Unicode form NFC; for what is outside of it, from the archive's root. */
  readonly path: string;
  /** The path as the archive has it, backslashes included, and as problems show it. */
  readonly place: string;
  /** Whether it is the manual or a file in evidence/. */
  readonly document: boolean;
};

export const auditFileName = 'audit.json';

// What systems and programs leave in folders without being asked; each is a whole name, of a file or a folder.
const overlookedNames = [
  // macOS; the icon of a folder has a carriage return at its end, or what file servers make of it.
  '__MACOSX',
  '\\._[^/]*',
  '\\.DS_Store',
  'Icon[\\r\\uf00d]',
  '\\.localized',
  '\\.metadata_never_index',
  '\\.apdisk',
  '\\.Apple(Double|Desktop|DB)',
  '\\.(fseventsd|Spotlight-V100|TemporaryItems|Trashes|DocumentRevisions-V100|VolumeIcon\\.icns)',
  '\\.com\\.apple\\.[^/]*',
  // Windows
  '(eh)?thumbs(_vista)?\\.db(:encryptable)?',
  'desktop\\.ini',
  '\\$RECYCLE\\.BIN',
  'RECYCLER',
  'System Volume Information',
  // What Windows knows of where a file came from, as Linux within Windows shows it.
  '[^/]*:Zone\\.Identifier',
  // Linux
  '\\.directory',
  '\\.Trash(-\\d+)?',
  '\\.nfs[0-9a-f]+',
  '\\.(fuse_hidden|goutputstream-)[^/]*',
  // Android
  '\\.nomedia',
  '\\.thumbnails',
  '\\.(trashed|pending)-\\d[^/]*',
  // Microsoft Office and LibreOffice, while a document is open
  '~\\$[^/]*',
  '~WR[A-Z]\\d{4}\\.tmp',
  '~DF[0-9a-f]+\\.tmp',
  '\\.~lock\\.[^/]*#',
  // storage devices and services
  '@eaDir',
  '[^/]*@Syno(Resource|EAStream)',
  '#recycle',
  '#snapshot',
  '@Recycle',
  '\\.@__thumb',
  '\\.dropbox[^/]*',
  '\\.tmp\\.drive(download|upload)',
  '\\.(owncloud|nextcloud)sync\\.log[^/]*',
  '\\.sync_[0-9a-f]+\\.db[^/]*',
  '\\.st(folder|versions|ignore)',
  '[.~]syncthing[.~][^/]*',
  '\\.?picasa\\.ini',
  '\\.picasaoriginals',
  '\\.Bridge(Sort|Cache|CacheT|LabelsAndRatings)',
  'ZbThumbnail\\.info',
];
const overlooked = new RegExp(`(^|/)(${overlookedNames.join('|')})(/|$)`, 'i');

/** Whether an entry is none of the package's own, by its name: it is neither counted nor judged. */
export function isOverlooked(name: string): boolean {
  return overlooked.test(slashed(name));
}

// Formatting characters, such as those that turn the direction of text round; the joiners of scripts and pictures are none.
const deceptive = /(?![\u200c\u200d])\p{Cf}|[\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/**
 * What makes a name too large to be looked at any further, if anything: some work on a name grows with the square of its
 * length or of the parts of its path.
 */
export function nameSizeProblem(
  name: string,
): { readonly is: 'name-too-long' | 'name-too-deep'; readonly most: number } | undefined {
  if (Buffer.byteLength(name) > maxNameBytes) return { is: 'name-too-long', most: maxNameBytes };
  return slashed(name).replace(/\/$/, '').split('/').length > maxNameParts
    ? { is: 'name-too-deep', most: maxNameParts }
    : undefined;
}

/**
 * Finds the folder of audit.json, names every entry from there, and tells what is wrong with the names and with what the
 * central directory says of each entry. Entries whose names are too large are told, and left out.
 */
export function layOut(all: readonly Entry[], problems: Problems): NamedEntry[] {
  const entries = all.filter(({ name, structureProblems, dataProblems }) => {
    const tooLarge = nameSizeProblem(name);
    if (tooLarge === undefined) return true;
    if (isOverlooked(name)) return true;
    const { is, most } = tooLarge;
    for (const problem of [...structureProblems, ...dataProblems, fault(is, { most })])
      problems.add(shown(name), problem);
    return false;
  });
  const isFile = ({ name, directory }: Entry) => !directory && !isOverlooked(name);
  const names = entries.filter(isFile).map(({ name }) => slashed(name));
  const { root, found, auditFile } = findRoot(names, problems);
  const laidOut = entries.map((listed): NamedEntry => {
    const name = slashed(listed.name);
    const inside = name.startsWith(root);
    const entry = inside ? knownWithin(root, listed) : listed;
    const fromRoot = (written: string) => (inside ? written.slice(root.length) : written);
    const placeOf = (written: string) => shown(written || entry.name);
    if (isOverlooked(name)) {
      // Its name may be of any length.
      const place = placeOf(fromRoot(entry.name));
      for (const problem of entry.structureProblems) problems.add(place, problem);
      return { entry, path: fromRoot(name), place, document: false };
    }
    const path = name === auditFile ? auditFileName : fromRoot(name).normalize('NFC');
    const place = placeOf(fromRoot(entry.name).normalize('NFC'));
    for (const problem of entry.structureProblems) problems.add(place, problem);
    for (const problem of entry.dataProblems) problems.add(place, problem);
    // What a name of unknown letters would break nobody can tell; that of a folder is told by the files in it.
    const unknown = entry.nameProblem !== undefined && !entry.directory ? [entry.nameProblem] : [];
    for (const problem of entry.nameProblem === undefined ? nameProblems(entry.name) : unknown)
      problems.add(place, problem);
    const expected = path === auditFileName || path === 'manual.pdf' || path.startsWith('evidence/');
    if (entry.directory) return { entry, path, place, document: false };
    if (found && !(inside && expected) && entry.nameProblem === undefined)
      problems.add(place, inside ? misplaced(path) : fault('outside-folder', { folder: shown(root) }));
    return { entry, path, place, document: inside && expected && path !== auditFileName };
  });
  checkCollisions(
    laidOut.filter(({ entry }) => !isOverlooked(entry.name) && entry.nameProblem === undefined),
    problems,
  );
  return laidOut;
}

/** The entry as known when its only unknown letters are in the name of the enclosing folder, which means nothing. */
function knownWithin(root: string, entry: Entry): Entry {
  const { nameProblem, ...known } = entry;
  return nameProblem !== undefined && /^[\0-\x7f]*$/.test(entry.name.slice(root.length)) ? known : entry;
}

function misplaced(path: string): Fault {
  if (/^evidence\//i.test(path)) return fault('evidence-in-capitals');
  return fault(/^(audit\.json|manual\.pdf)$/i.test(path) ? 'name-in-capitals' : 'outside-evidence');
}

// audit.json as systems and people rename it: with words and numbers around it, or with another extension of a text.
const renamed = /(^|[^a-z])audit([^a-z].*)?\.js(on|n|o)(?!.*\.(zip|docx?|xlsx?|pdf|rtf|html?|pages)$)/i;
const withoutExtension = /^(copy of )?audit( - copy| copy|[ _-]*\(\d{1,3}\)|[ _-]\d{1,3})*\s*(\.txt)*\s*$/i;

function isMisnamed(name: string): boolean {
  return renamed.test(name) || withoutExtension.test(name);
}

type Root = {
  readonly root: string;
  readonly found: boolean;
  /** The whole name of the file that is read as audit.json. */
  readonly auditFile?: string | undefined;
};

/**
 * The folder of audit.json, with its slash; '' is the root of the archive. Where it isn't found, what comes
 * nearest is given, so that the documents are judged all the same; so are the answers of a file with another name.
 */
function findRoot(names: readonly string[], problems: Problems): Root {
  if (names.includes(auditFileName)) return { root: '', found: true, auditFile: auditFileName };
  const all = names.filter((name) => name.endsWith(`/${auditFileName}`));
  const inFolders = all.filter((name) => name.split('/').length === 2);
  const [nearest] = inFolders.length > 0 ? inFolders : all;
  if (nearest === undefined) {
    const [other, ...others] = names.filter(
      (name) => /^(?!evidence\/)([^/]*\/)?[^/]*$/i.test(name) && isMisnamed(name.split('/').at(-1) ?? ''),
    );
    if (other !== undefined) {
      const found = [other, ...others].slice(0, 3).map(shown).join('" and "');
      problems.add(auditFileName, fault('audit-file-misnamed', { files: 1 + others.length, found }));
      const root = other.slice(0, other.lastIndexOf('/') + 1);
      return others.length > 0 ? { root, found: false } : { root, found: true, auditFile: other };
    }
    problems.add(auditFileName, fault('audit-file-missing'));
    const top = `${names[0]?.split('/')[0]}/`;
    const enclosing = top !== 'evidence/' && names.every((name) => name.startsWith(top));
    return { root: enclosing ? top : '', found: false };
  }
  if (inFolders.length > 1) {
    const folders = inFolders.slice(0, 3).map(shown).join(', ');
    problems.add(auditFileName, fault('audit-file-in-many-folders', { folders }));
    return { root: '', found: false };
  }
  if (inFolders.length === 0) {
    problems.add(auditFileName, fault('audit-file-too-deep', { found: shown(nearest) }));
  }
  return { root: nearest.slice(0, -auditFileName.length), found: true, auditFile: nearest };
}

function nameProblems(name: string): Fault[] {
  const segments = name.replace(/\/$/, '').split('/');
  return [
    name === '' && fault('name-missing'),
    name.includes('\\') && fault('name-with-backslash'),
    /^([/\\]|[A-Za-z]:)/.test(name) && fault('path-absolute'),
    slashed(name).split('/').includes('..') && fault('path-upwards'),
    name !== '' &&
      !name.startsWith('/') &&
      segments.some((part) => part === '' || part === '.') &&
      fault('path-part-empty'),
    /\p{Cc}/u.test(name) && fault('name-with-control-character'),
    deceptive.test(name) && fault('name-with-invisible-character'),
  ].filter((problem) => problem !== false);
}

function checkCollisions(entries: readonly NamedEntry[], problems: Problems): void {
  const byKey = new Map<string, Entry>();
  const folders = new Set<string>();
  const keyed = entries.map((named) => ({ ...named, key: keyOf(named.entry.name) }));
  for (const { key } of keyed) {
    for (let end = key.indexOf('/'); end >= 0; end = key.indexOf('/', end + 1)) folders.add(key.slice(0, end));
  }
  for (const { entry, place, key } of keyed) {
    const other = byKey.get(key);
    if (other === undefined) byKey.set(key, entry);
    else if (other.name === entry.name) problems.add(place, fault('name-twice'));
    else problems.add(place, fault('name-collides', { other: shown(other.name) }));
    if (!entry.directory && folders.has(key)) problems.add(place, fault('name-of-folder'));
  }
}

/** Equal for names that some system would put into the same place. */
function keyOf(name: string): string {
  return slashed(name).replace(/\/$/, '').normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

function slashed(name: string): string {
  return name.replaceAll('\\', '/');
}
