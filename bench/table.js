// The tables of bench/reach: every measurement that has a bound is marked met or missed where it
// stands, and the summary at the end has the worst of each kind.
"use strict";

class Table {
    constructor() { this.checks = []; }
    section(title, text, head) {
        console.log(`\n## ${title}\n\n${text}\n\n| ${head.join(" | ")} |\n|${"---|".repeat(head.length)}`);
    }
    row(cells) { console.log(`| ${cells.join(" | ")} |`); }
    // A cell: `shown`, and whether value keeps the bound, which is at least or at most so much.
    // what: the kind, a row of the summary; of: on what this was measured.
    check(what, of, value, shown, { least, most }) {
        const ok = least === undefined ? value <= most : value >= least;
        const slack = least === undefined ? most / value : value / least;
        this.checks.push({ what, of, shown, ok, slack, bound: least === undefined ? `at most ${most}` : `at least ${least}` });
        return `${shown} **${ok ? "met" : "missed"}**`;
    }
    missing(what, of, why) {
        this.checks.push({ what, of, shown: why, ok: false, absent: true, slack: 0, bound: "" });
        return `${why} **missed**`;
    }
    summary() {
        console.log("\n## Reach\n\n| what | bound | met | the worst | |\n|---|---|---|---|---|");
        const kinds = [...new Set(this.checks.map((c) => c.what))];
        for (const what of kinds) {
            const all = this.checks.filter((c) => c.what === what), worst = all.reduce((a, b) => (b.slack < a.slack ? b : a));
            const bounds = [...new Set(all.map((c) => c.bound).filter(Boolean))].join("; "), met = all.filter((c) => c.ok).length;
            console.log(`| ${what} | ${bounds} | ${met} of ${all.length} | ${worst.shown} (${worst.of}) | **${met === all.length ? "met" : "missed"}** |`);
        }
        const met = this.checks.filter((c) => c.ok).length;
        console.log(`\n${met} of ${this.checks.length} bounds met.`);
    }
}

module.exports = { Table };
