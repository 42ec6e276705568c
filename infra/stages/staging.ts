import type { StageSettings } from '../stage.ts';

/** As prod, with invented people: where a release is tried before it goes out. */
export default {
  account: '222222222222',
  region: 'ca-central-1',
  partner: {
    name: 'Example Safety Partner (staging)',
    email: 'secor@staging.example.org',
    phone: '+1 403 555 0100',
    site: 'https://staging.example.org',
  },
  mail: { identity: 'staging.example.org', sender: 'secor@staging.example.org' },
  retention: { logDays: 30, recordDays: 90 },
  alarmEmail: 'alarms@staging.example.org',
  protectData: false,
  secondFactor: 'optional',
  browserOrigins: ['https://portal.staging.example.org'],
  throttling: { requestsPerSecond: 500, burst: 1000 },
} satisfies StageSettings;
