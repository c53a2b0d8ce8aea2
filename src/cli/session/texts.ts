import { MICROS_PER_SECOND } from '../../common/time.js';
import { plain } from '../get/quantity.js';
import { timeOf } from '../time-text.js';

/** A time (micros), to the second; `-` if there is none. */
export function timeText(micros: number | null): string {
  return timeOf(micros === null ? null : new Date(micros / 1000));
}

/** A length (micros) such as `01:02:03` or `12.3 s`; `-` if there is none. */
export function lengthText(micros: number | null): string {
  if (micros === null) return '-';
  const seconds = micros / MICROS_PER_SECOND;
  if (seconds < 60) return `${plain(seconds)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${hours}:${minutes}:${rest}`;
}

/** A number of a metric, whose unit nobody knows, with eight significant digits; `-` if there is none. */
export function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '-';
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : String(Number(value.toPrecision(8)));
}

/** A part of a whole such as `99.8 %`. */
export function shareText(part: number, whole: number): string {
  return `${Number(((100 * part) / whole).toPrecision(3))} %`;
}

/** A number of a comparison with its sign, such as `+257.35`; `-` if there is none. */
export function signedText(value: number | null): string {
  return value !== null && value > 0 ? `+${numberText(value)}` : numberText(value);
}

/** A change in percent, such as `+0.84 %`; `-` if there is none. */
export function percentText(percent: number | null): string {
  return percent === null ? '-' : `${percent > 0 ? '+' : ''}${percent.toFixed(2)} %`;
}

/** What a pair of streams is called: `latency (GET /cart)`. */
export function streamLabel({ name, case: caseName }: { readonly name: string; readonly case: string | null }): string {
  return caseName === null ? name : `${name} (${caseName})`;
}
