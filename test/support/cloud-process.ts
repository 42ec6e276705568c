// A local cloud in a process of its own, for tests that kill it: prints where it is, then each invocation's start and end.
import { bootLocalCloud } from '@secor/cli';

const [assembly = '', directory = ''] = process.argv.slice(2);
const cloud = await bootLocalCloud(assembly, directory, false);
cloud.on('started', ({ functionName }) => console.log(JSON.stringify({ started: functionName })));
cloud.on('ended', ({ functionName }) => console.log(JSON.stringify({ ended: functionName })));
const { apiUrl, controlUrl } = cloud;
console.log(JSON.stringify({ apiUrl, controlUrl }));
