// Imports a bundle in this fresh process and tells how many milliseconds of processor time that took: unlike the wall's,
// they do not count what else the machine is doing.
const [bundle = ''] = process.argv.slice(2);
const before = process.cpuUsage();
await import(bundle);
const { user, system } = process.cpuUsage(before);
process.stdout.write(String((user + system) / 1000), () => process.exit());
