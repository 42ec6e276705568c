import {
  addDays as addDaysTo,
  addMonths as addMonthsTo,
  addYears as addYearsTo,
  create,
  diffDays,
  fromFields,
  type Record as PlainDate,
  toString as toText,
} from 'temporal-polyfill/fns/PlainDate';
import { wallClock } from './wall-clock.ts';

/**
 * The business date ('YYYY-MM-DD', America/Edmonton) of an instant.
 * @param instant epoch milliseconds, or an ISO string with its zone such as '2026-11-23T06:00:00.000Z'
 * @throws Error when it is no instant
 */
export function businessDate(instant: number | string): string {
  return wallClock(timeOf(instant)).date;
}

/**
 * The instant (ISO, UTC) at which a business date begins in America/Edmonton.
 * @throws Error when `date` is no date
 */
export function startOfDay(date: string): string {
  const { year, month, day } = plainDate(date);
  // The hour in UTC depends on the time zone, so try the possible ones.
  const hours = Array.from({ length: 13 }, (_, hour) => new Date(Date.UTC(year, month - 1, day, hour)).toISOString());
  const first = hours.find((instant) => businessDate(instant) === date);
  if (first === undefined) throw new Error(`${date} does not begin between midnight and noon UTC.`);
  return first;
}

/**
 * The date ('YYYY-MM-DD') and the time of day ('HH:MM', of 24 hours, seconds cut) of an instant, as clocks in
 * America/Edmonton show it.
 * @param instant epoch milliseconds, or an ISO string with its zone such as '2026-11-23T06:00:00.000Z'
 * @throws Error when it is no instant
 */
export function localTime(instant: number | string): { readonly date: string; readonly time: string } {
  return wallClock(timeOf(instant));
}

/** Whether the text is a time of day in the form 'HH:MM', from '00:00' to '23:59'. */
export function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
}

/** Whether the text is a date of the calendar in the form 'YYYY-MM-DD'; '2026-02-30' and '2026-2-3' are none. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const [year, month, day] = numbersOf(text);
  // A day past the end of its month becomes the last one, and so reads differently.
  return month > 0 && day > 0 && toText(fromFields({ year, month, day })) === text;
}

/**
 * The same day `years` later; 29 February gives 28 February where there is none.
 * @throws Error when `date` is no date
 */
export function addYears(date: string, years: number): string {
  return toText(addYearsTo(plainDate(date), years));
}

/**
 * The day `days` later, or earlier when negative.
 * @throws Error when `date` is no date
 */
export function addDays(date: string, days: number): string {
  return toText(addDaysTo(plainDate(date), days));
}

/**
 * Days from `from` to `to`: 0 for the same day, negative when `to` is earlier.
 * @throws Error when one of them is no date
 */
export function daysBetween(from: string, to: string): number {
  return diffDays(plainDate(from), plainDate(to));
}

/**
 * The year of a date: 2029 for '2029-05-31'.
 * @throws Error when `date` is no date
 */
export function yearOf(date: string): number {
  return plainDate(date).year;
}

/**
 * The first and the last day of the month, or the quarter, of `date` in another year.
 * @throws Error when `date` is no date
 */
export function windowOf(
  date: string,
  year: number,
  window: 'month' | 'quarter',
): { readonly from: string; readonly through: string } {
  const { month } = plainDate(date);
  const length = window === 'month' ? 1 : 3;
  const from = create(year, month - ((month - 1) % length), 1);
  return { from: toText(from), through: toText(addDaysTo(addMonthsTo(from, length), -1)) };
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/**
 * The month of a date in words, for people: '2029-05-31' gives 'May'.
 * @throws Error when `date` is no date
 */
export function monthInWords(date: string): string {
  return months[plainDate(date).month - 1] ?? '';
}

/**
 * A date in words, for people: '2029-05-31' gives '31 May 2029'.
 * @throws Error when `date` is no date
 */
export function dateInWords(date: string): string {
  const { year, day } = plainDate(date);
  return `${day} ${monthInWords(date)} ${year}`;
}

function timeOf(instant: number | string): number {
  const time = new Date(instant).getTime();
  if (Number.isNaN(time))
    throw new Error(`"${instant}" is not an instant: give epoch milliseconds or an ISO string in UTC.`);
  return time;
}

function plainDate(date: string): PlainDate {
  if (!isDate(date)) throw new Error(`"${date}" is not a date: give it as YYYY-MM-DD.`);
  return create(...numbersOf(date));
}

function numbersOf(date: string): [year: number, month: number, day: number] {
  return [Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8))];
}
