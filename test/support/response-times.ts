/** netort's own example of response times, each with its time in micros. */
export const RESPONSE_TIMES: [micros: number, value: number][] = [
  [1574164720249248, 30021],
  [1574164720450572, 30764],
  [1574164720649228, 29917],
  [1574164720849529, 30307],
  [1574164721049295, 30081],
  [1574164721249847, 30466],
  [1574164721451305, 30990],
];

const NAMES = 'q0 q10 q25 q50 q75 q80 q85 q90 q95 q98 q99 q100'.split(' ');

/** A value of the summary `quantiles`, from its count, sum, average, standard deviation and quantiles. */
export function quantiles(
  cnt: number,
  sum: number,
  average: number,
  stddev: number | null,
  ...values: number[]
): Record<string, number | null | undefined> {
  return { ...Object.fromEntries(NAMES.map((name, index) => [name, values[index]])), average, stddev, sum, cnt };
}

/*
 * Values of `quantiles`, whole or in part, which were computed with exact fractions. They must hold to the last digit.
 */

/** Of the four times in the second 1574164720. */
// prettier-ignore
export const FIRST_SECOND = quantiles(4, 121009, 30252.25, 378.92600421014475,
  29917, 29948.2, 29995, 30164, 30421.25, 30489.8, 30558.35, 30626.9, 30695.45, 30736.58, 30750.29, 30764);

/** Of the three in the next one. */
// prettier-ignore
export const NEXT_SECOND = quantiles(3, 91537, 30512.333333333332, 456.26783070180755,
  30081, 30158, 30273.5, 30466, 30728, 30780.4, 30832.8, 30885.2, 30937.6, 30969.04, 30979.52, 30990);

/** Of the five in the second that begins with the first of them. */
// prettier-ignore
export const SECOND_FROM_FIRST = quantiles(5, 151090, 30218, 336.9777440722161,
  29917, 29958.6, 30021, 30081, 30307, 30398.4, 30489.8, 30581.2, 30672.6, 30727.44, 30745.72, 30764);

/** Of the last two. */
export const LAST_TWO = {
  ...{ cnt: 2, sum: 61456, average: 30728, stddev: 370.5239533417509, q10: 30518.4, q25: 30597, q50: 30728 },
  ...{ q75: 30859, q95: 30963.8, q99: 30984.76 },
};

/** Of the first second with a late 31000. */
export const WITH_LATE = {
  ...{ cnt: 5, sum: 152009, average: 30401.8, stddev: 468.5239588324166, q50: 30307, q75: 30764, q95: 30952.8 },
  ...{ q99: 30990.56, q100: 31000 },
};

/** Of the first second without its 30764. */
export const WITHOUT_SECOND = {
  ...{ cnt: 3, sum: 90245, average: 30081.666666666668, stddev: 201.95379009400477, q50: 30021, q75: 30164 },
  ...{ q95: 30278.4, q100: 30307 },
};

/** Of all seven. */
export const ALL_SEVEN = {
  ...{ cnt: 7, sum: 212546, average: 30363.714285714286, stddev: 400.64020196252324, q10: 29979.4, q25: 30051 },
  ...{ q50: 30307, q75: 30615, q80: 30704.4, q85: 30786.6, q90: 30854.4, q95: 30922.2, q98: 30962.88, q99: 30976.44 },
};

/** Of 0.1 and 0.2. */
export const OF_TENTHS = {
  ...{ sum: 0.3, average: 0.15, stddev: 0.07071067811865475, q10: 0.11, q25: 0.125, q50: 0.15, q75: 0.175, q95: 0.195 },
};

/** Of 1, 1, 2, 2, 2 and 10. */
export const OF_EQUALS = {
  ...{ cnt: 6, sum: 18, average: 3, stddev: 3.4641016151377544, q25: 1.25, q85: 4, q90: 6, q95: 8, q98: 9.2, q99: 9.6 },
};

/** Of 10^16, 1 and 1. */
export const OF_HUGE = { sum: 10000000000000002, q75: 5000000000000000, average: 3333333333333334 };
