import type { StageSettings } from '../stage.ts';

/** For trying things out: nothing in it needs to last. The local cloud plays this stage. */
export default {
  account: '111111111111',
  region: 'ca-central-1',
  partner: {
    name: 'Example Safety Partner (dev)',
    email: 'secor@dev.example.org',
    phone: '+1 403 555 0100',
    site: 'https://dev.example.org',
  },
  mail: { identity: 'dev.example.org', sender: 'secor@dev.example.org' },
  retention: { logDays: 14, recordDays: 30 },
  alarmEmail: 'alarms@dev.example.org',
  protectData: false,
  secondFactor: 'optional',
  browserOrigins: ['https://portal.dev.example.org', 'http://localhost:5173'],
  throttling: { requestsPerSecond: 500, burst: 1000 },
} satisfies StageSettings;
