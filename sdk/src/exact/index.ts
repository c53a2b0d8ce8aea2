export { compareLabels, labelOf } from './categories.js';
export {
  type Decimal,
  decimalOf,
  decimalText,
  ExactSum,
  nearestDouble,
  parseDecimal,
  POWERS,
  quotient,
  unitsOf,
} from './decimal.js';
export {
  DISTRIBUTION_EDGES,
  type DistributionBin,
  distributionBinOf,
  distributionBins,
  distributionOf,
} from './distribution.js';
export { kolmogorovSmirnov } from './kolmogorov-smirnov.js';
export { type Moments, momentsOf, type Sums, sumsOf } from './moments.js';
export { EMPTY_MULTISET, merged, type Multiset, multisetOf, sizeOf } from './multiset.js';
export { QUANTILE_PERCENTS, quantilesOf, type QuantilesValue } from './quantiles.js';
