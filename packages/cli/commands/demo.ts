import { command } from '../command.ts';

/** `secor demo`: one audit, from registration to the mail that it passed. */
export const demo = command({
  name: 'demo',
  summary: 'Play one audit on a fresh local cloud, from registration to certificate',
  usage: 'secor demo',
  example: 'secor demo',
  options: {},
  stopsItself: true,
  async run(_, io) {
    const { playDemo } = await import('../demo.ts');
    return playDemo(io);
  },
});
