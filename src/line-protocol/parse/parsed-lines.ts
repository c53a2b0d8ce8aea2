import { type FieldType } from '../../storage/databases/field-store.js';
import { type Head } from './head.js';

/** The good lines of a request as columns, in their order, without an object for each. */
export class ParsedLines<H extends Head = Head> {
  /** Of each line: its head, the same object for the same text. */
  readonly heads: H[] = [];
  /** Of each line: its time, rounded down; NaN where it has none. */
  readonly micros: number[] = [];
  /** Of each line: the nanoseconds after that, 0 to 999. */
  readonly nanos: number[] = [];
  /** Of each line: where its values end in the columns below (exclusive). */
  readonly ends: number[] = [];
  /** Of each value: the key of its field. A field that comes twice in a line has two values, and the last one counts. */
  readonly fields: string[] = [];
  /** Of each value: its type. */
  readonly types: FieldType[] = [];
  /** Of each value: the number, 0 or 1 of a boolean, the index in `texts` of a string. */
  readonly values: number[] = [];
  readonly texts: string[] = [];

  addValue(field: string, type: FieldType, value: number): void {
    this.fields.push(field);
    this.types.push(type);
    this.values.push(value);
  }

  addText(field: string, text: string): void {
    this.addValue(field, 'string', this.texts.push(text) - 1);
  }

  /** Ends the line to which the values since the last one belong. */
  endLine(head: H, micros: number, nanos: number): void {
    this.heads.push(head);
    this.micros.push(micros);
    this.nanos.push(nanos);
    this.ends.push(this.values.length);
  }

  /** Takes back the values that were added since the last line ended. */
  dropLine(): void {
    const end = this.ends.at(-1) ?? 0;
    if (this.values.length === end) return;
    let texts = 0;
    for (let index = end; index < this.values.length; index++) if (this.types[index] === 'string') texts++;
    this.texts.length -= texts;
    this.fields.length = this.types.length = this.values.length = end;
  }
}
