/** Bad lines that are kept to be shown. */
const MAX_SHOWN_LINES = 20;

/** Counts what an import has read and stored of one stream. */
export interface StreamReport {
  readonly id: string;
  /** Points that can be stored, and what became of them. */
  readonly points: { read: number; stored: number; there: number; expired: number };
  /** Seconds that came without their points, and values of them. */
  readonly seconds: { read: number; sealed: number; there: number };
  /** Rows that have no value. */
  empty: number;
  /** Lines that are no rows. */
  bad: number;
  /** Whether seconds were left out, since they are computed from the points. */
  isComputed: boolean;
}

/** Counts what an import of a folder has read, stored and left out. */
export class FolderReport {
  readonly streams: StreamReport[] = [];
  /** The first bad lines. */
  readonly badLines: { readonly file: string; readonly line: number; readonly problem: string }[] = [];

  /** The number of all bad lines. */
  get badLineCount(): number {
    return this.streams.reduce((sum, { bad }) => sum + bad, 0);
  }

  /** Begins the counts of a stream. */
  stream(id: string): StreamReport {
    const report: StreamReport = {
      id,
      points: { read: 0, stored: 0, there: 0, expired: 0 },
      seconds: { read: 0, sealed: 0, there: 0 },
      ...{ empty: 0, bad: 0, isComputed: false },
    };
    this.streams.push(report);
    return report;
  }

  badLine(report: StreamReport, file: string, line: number, problem: string): void {
    report.bad++;
    if (this.badLines.length < MAX_SHOWN_LINES) this.badLines.push({ file, line, problem });
  }
}
