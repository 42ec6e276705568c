import type { StageSettings } from '../stage.ts';

/** The program itself. Replaced versions are kept for ten years: three certificate cycles. */
export default {
  account: '333333333333',
  region: 'ca-central-1',
  partner: {
    name: 'Example Safety Partner',
    email: 'secor@example.org',
    phone: '+1 403 555 0100',
    site: 'https://www.example.org',
  },
  mail: { identity: 'example.org', sender: 'secor@example.org' },
  retention: { logDays: 365, recordDays: 3653 },
  alarmEmail: 'alarms@example.org',
  protectData: true,
  secondFactor: 'required',
  browserOrigins: ['https://portal.example.org'],
  throttling: { requestsPerSecond: 1000, burst: 2000 },
} satisfies StageSettings;
