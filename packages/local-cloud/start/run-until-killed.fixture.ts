// A local cloud in a process of its own, for tests that kill it: prints its addresses, then each invocation that starts.
import { startLocalCloud } from './start.ts';

const [assembly = '', directory = ''] = process.argv.slice(2);
const cloud = await startLocalCloud({ assembly, directory });
cloud.on('started', ({ functionName }) => console.log(JSON.stringify({ started: functionName })));
console.log(JSON.stringify({ gatewayUrl: cloud.gatewayUrl, operator: cloud.operator }));
