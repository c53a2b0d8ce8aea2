/** The row numbers of a page. */
const PAGE_ROWS = 65_536;

/** Some row numbers of a page: a bit for each. */
interface Page {
  readonly bits: Uint8Array;
  count: number;
}

/** Row numbers that were seen. A page that is full takes no memory, so those without gaps take hardly any. */
export class RowSet {
  private readonly pages = new Map<number, Page | 'full'>();

  /** Adds a row number; returns whether it was new. */
  add(row: number): boolean {
    const number = Math.floor(row / PAGE_ROWS);
    const page = this.pages.get(number) ?? { bits: new Uint8Array(PAGE_ROWS / 8), count: 0 };
    if (page === 'full') return false;
    const [byte, bit] = [(row % PAGE_ROWS) >> 3, 1 << (row & 7)];
    const bits = page.bits[byte] ?? 0;
    if ((bits & bit) !== 0) return false;
    page.bits[byte] = bits | bit;
    page.count++;
    this.pages.set(number, page.count === PAGE_ROWS ? 'full' : page);
    return true;
  }
}
