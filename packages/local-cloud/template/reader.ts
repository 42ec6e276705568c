import { isList, isObject, type Json, type JsonObject } from '../json.ts';

/** Reads members of an object, and says where and what when one has another shape than expected. */
export class Reader {
  readonly value: JsonObject;
  /** Where the object stands, for people: "secor-dev-data: Table (AWS::DynamoDB::Table)". */
  readonly where: string;

  constructor(value: Json | undefined, where: string) {
    if (!isObject(value)) throw new Error(`${where}: expected an object, found ${describe(value)}.`);
    this.value = value;
    this.where = where;
  }

  has(name: string): boolean {
    return this.value[name] !== undefined;
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.fail(name, 'a string');
  }

  optionalText(name: string): string | undefined {
    const value = this.value[name];
    if (value === undefined || typeof value === 'string') return value;
    return this.fail(name, 'a string');
  }

  /** A number, also when the template writes it as a string, as CloudFormation allows. */
  optionalNumber(name: string): number | undefined {
    const value = this.value[name];
    if (value === undefined || typeof value === 'number') return value;
    if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
    return this.fail(name, 'a number');
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.value[name];
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    return this.fail(name, 'true or false');
  }

  /** The list of strings, empty when absent. */
  texts(name: string): readonly string[] {
    return this.list(name).map((item, index) =>
      typeof item === 'string' ? item : this.fail(`${name}[${index}]`, 'a string'),
    );
  }

  /** The list, empty when absent. */
  list(name: string): readonly Json[] {
    const value = this.value[name];
    if (value === undefined) return [];
    return isList(value) ? value : this.fail(name, 'a list');
  }

  /** The list of objects, empty when absent. */
  objects(name: string): readonly Reader[] {
    return this.list(name).map((item, index) => new Reader(item, `${this.where}, ${name}[${index}]`));
  }

  object(name: string): Reader {
    return new Reader(this.value[name], `${this.where}, ${name}`);
  }

  optionalObject(name: string): Reader | undefined {
    return this.value[name] === undefined ? undefined : this.object(name);
  }

  /** Refuses any member that is not named, so that no property is skipped silently. */
  only(...known: readonly string[]): this {
    for (const name of Object.keys(this.value)) {
      if (!known.includes(name)) {
        throw new Error(
          `${this.where}: the local cloud does not support the property "${name}". Add it in packages/local-cloud/template, or leave the property out.`,
        );
      }
    }
    return this;
  }

  private fail(name: string, expected: string): never {
    throw new Error(`${this.where}, ${name}: expected ${expected}, found ${describe(this.value[name])}.`);
  }
}

function describe(value: Json | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 120);
}
