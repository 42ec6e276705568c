import { describe, expect, it } from 'vitest';
import { command, runCommand } from './command.ts';

const described = { name: 'wait', summary: '', usage: '', example: '', options: {} };

function around(stop: AbortSignal) {
  let err = '';
  return {
    io: {
      out() {},
      err(text: string) {
        err += text;
      },
      columns: () => undefined,
      env: {},
      stop,
    },
    err: () => err,
  };
}

describe('a command that is asked to stop', () => {
  it('is left at once, with exit 130', async () => {
    const stopping = new AbortController();
    const { io, err } = around(stopping.signal);
    const endless = command({ ...described, run: () => new Promise<number>(() => {}) });
    const code = runCommand(endless, [], io);
    stopping.abort();
    expect(await code).toBe(130);
    expect(err()).toBe('secor wait: stopped.\n');
  });

  it('is waited for when it stops by itself', async () => {
    const stopping = new AbortController();
    const { io, err } = around(stopping.signal);
    const tidied = Promise.withResolvers<number>();
    const tidy = command({ ...described, stopsItself: true, run: () => tidied.promise });
    const code = runCommand(tidy, [], io);
    stopping.abort();
    setImmediate(() => tidied.resolve(0));
    expect(await code).toBe(0);
    expect(err()).toBe('');
  });

  it('is exit 130 too when it could not stop well, and tells why', async () => {
    const stopping = new AbortController();
    const { io, err } = around(stopping.signal);
    const failing = command({
      ...described,
      stopsItself: true,
      async run() {
        stopping.abort();
        throw new Error('the disk is full.');
      },
    });
    expect(await runCommand(failing, [], io)).toBe(130);
    expect(err()).toBe('secor wait: the disk is full.\n');
  });
});
