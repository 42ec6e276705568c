/** Another write was faster, or the database was busy with the same items: read again and decide again. */
export class Conflict extends Error {
  constructor() {
    super('another write was faster');
    this.name = 'Conflict';
  }
}
