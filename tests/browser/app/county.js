// A tour with a site of every kind, for tests that look at screens.

import { office } from './office.js';

const SHAGANG = ['640422215', '640422215200'];

/** As `office`, with coordinates, a route segment, a street and a county-town site. */
export const county = (t, more = {}) => office(t, {
  ...more,
  sites: [
    ['农户', '农户2', ...SHAGANG, '2', '', '36.0612', '105.7011'],
    ['沿途路段', '火石寨至县城路段', '640422215', '', '', '', '36.0301', '105.7302'],
    ['街道', '火石寨街道', '640422215', '', '', '', '36.0450', '105.7120'],
    ['县城点位', '金通汽贸物流园', '', '', '', '市场', '35.9670', '105.7330'],
  ],
});
