import { type FastifyReply } from 'fastify';
import { type DropReason } from '../audit/usage-counters.js';
import { Conflict, type ConflictingPoint } from '../common/errors.js';

/** The result of a write that took place. */
export interface WriteReport {
  /** The number of points inserted or replaced. */
  readonly stored: number;
  /** The number of points that were not stored, by reason. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** The number of points stored without the fraction of a number that must be an integer. */
  readonly cut: number;
  /** The points whose place was taken. */
  readonly conflict?: Conflict | undefined;
}

/** The report of a repeated write whose points were all stored as sent; their number was not kept. */
const ALL_STORED: WriteReport = { stored: 0, dropped: {}, cut: 0 };

/** A report as JSON, for `parseReport`; `null` where all points were stored as sent. */
export function reportText(report: WriteReport): string | null {
  const { conflict, ...counts } = report;
  if (!conflict && !isNotable(report)) return null;
  return JSON.stringify({ ...counts, ...(conflict && { detail: conflict.message, ...conflict.fields }) });
}

/** Parses what `reportText` made. */
export function parseReport(text: string | null): WriteReport {
  if (text === null) return ALL_STORED;
  const kept = JSON.parse(text) as Partial<WriteReport> & KeptConflict; // our own
  const { stored = 0, dropped = {}, cut = 0, detail, conflicts } = kept;
  const conflict = detail !== undefined && conflicts ? new Conflict(detail, stored, conflicts) : undefined;
  return { stored, dropped, cut, conflict };
}

interface KeptConflict {
  readonly detail?: string;
  readonly conflicts?: readonly ConflictingPoint[];
}

/** Sets the headers about points that were not stored as sent; none where all were. */
export function setReportHeaders(reply: FastifyReply, report: WriteReport): void {
  if (!isNotable(report)) return;
  const dropped = Object.entries(report.dropped);
  void reply.header('marigram-stored', report.stored);
  void reply.header(
    'marigram-dropped',
    dropped.reduce((sum, [, count]) => sum + count, 0),
  );
  if (dropped.length > 0)
    void reply.header('marigram-dropped-reason', dropped.map(([reason, count]) => `${reason}: ${count}`).join('; '));
  if (report.cut > 0) void reply.header('marigram-cut', report.cut);
}

function isNotable({ dropped, cut }: WriteReport): boolean {
  return cut > 0 || Object.keys(dropped).length > 0;
}
