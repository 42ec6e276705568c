import { checkStage } from '../../infra/stage.ts';

/** A stage without a placeholder in it. */
export const pilot = checkStage('pilot', {
  account: '222233334444',
  partner: { name: 'A partner', email: 'a@partner.ca', phone: '+1 403 234 5678', site: 'https://partner.ca' },
  mail: { identity: 'mail.partner.ca', sender: 'secor@mail.partner.ca' },
  retention: { logDays: 30, recordDays: 365 },
  alarmEmail: 'alarms@partner.ca',
  protectData: true,
  secondFactor: 'required',
  browserOrigins: ['https://portal.partner.ca'],
  throttling: { requestsPerSecond: 10, burst: 20 },
});
