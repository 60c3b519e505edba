// Statistics of the benchmarks.
"use strict";

// The value below which a share q of the values lies, between neighbours in proportion.
function quantile(values, q) {
    const v = [...values].sort((a, b) => a - b), at = q * (v.length - 1), low = Math.floor(at);
    return v[low] + (at - low) * ((v[low + 1] ?? v[low]) - v[low]);
}

const median = (values) => quantile(values, 0.5);

// A seeded generator (mulberry32): the same samples always give the same interval.
function generator(seed) {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

// 95 % bootstrap interval of median(a) / median(b) over pairs [a, b] that were measured together.
function ratioInterval(pairs) {
    const random = generator(1), ratios = [];
    for (let i = 0; i < 2000; i++) {
        const drawn = pairs.map(() => pairs[Math.floor(random() * pairs.length)]);
        ratios.push(median(drawn.map((p) => p[0])) / median(drawn.map((p) => p[1])));
    }
    ratios.sort((a, b) => a - b);
    return [ratios[50], ratios[1949]];
}

module.exports = { median, quantile, ratioInterval };
