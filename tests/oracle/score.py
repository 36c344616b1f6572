#!/usr/bin/env python3
"""Independent oracle for the score file: the same arithmetic, written from the description of the format alone.

Reads one JSON object per line, writes one output JSON per line. Exact: fractions.Fraction and integers only.
"""
import json
import sys
from fractions import Fraction as F
from math import isqrt

COMPONENT = {"demonstration_village": "V", "household": "H", "route_segment": "E", "street": "S"}


# What a test plants to see that the comparison finds it: `down` cuts, `even` rounds halves to even.
PLANT = sys.argv[2] if sys.argv[1:2] == ["--plant"] else None


def rnd(x):
    """Round a fraction (or an integer) half away from zero."""
    if PLANT == "down":
        return int(x)
    if PLANT == "even":
        return round(F(x))
    size = (2 * abs(x.numerator) + x.denominator) // (2 * x.denominator)
    return size if x >= 0 else -size


def avg(values):
    values = list(values)
    return F(sum(values)) / len(values)


def site_score(scores):
    """Step 1."""
    n = len(scores)
    if n >= 5:
        return rnd(F(sum(scores) - max(scores) - min(scores), n - 2))
    return rnd(avg(scores)) if n >= 3 else None


def sqrt_rounded(x):
    """Square root of a fraction, rounded half away from zero."""
    # The smallest integer candidates around the root, compared exactly.
    low = isqrt(x.numerator // x.denominator)
    return low + 1 if (F(2 * low + 1, 2)) ** 2 <= x else low


def two_decimals(e4):
    return (abs(e4) + 50) // 100 * (1 if e4 >= 0 else -1)


def score(data):
    rules = data["rules"]
    townships = {t["code"]: t for t in data["townships"]}
    groups = sorted({t["group"] for t in data["townships"]})

    by_site = {}
    for s in data["sheets"]:
        by_site.setdefault((s["site"], s["group"]), []).append(s["score_e4"])

    def scores_of(site, group):
        return by_site.get((site, group), [])

    # Steps 1 and 2
    too_few, sites_of, town = [], {}, {}
    for site in data["sites"]:
        if site["township"] is None:
            town[site["id"]] = {g: site_score(scores_of(site["id"], g)) for g in groups}
            continue
        value = site_score(scores_of(site["id"], townships[site["township"]]["group"]))
        if value is None:
            too_few.append(site["id"])
        else:
            sites_of.setdefault((site["township"], COMPONENT[site["kind"]]), []).append(value)
    parts = {code: {} for code in townships}
    for (code, component), values in sites_of.items():
        parts[code][component] = rnd(avg(values))
    for r in data["rectification"]:
        if r["due"] != 0:
            parts[r["township"]]["R"] = rnd(F(r["closed"] * 100 * 10000, r["due"]))

    # Step 3
    weights = rules["weights"]
    raw = {}
    for code, have in parts.items():
        weighted = [(weights.get(c, 0), v) for c, v in have.items() if weights.get(c, 0) > 0]
        total = sum(w for w, _ in weighted)
        raw[code] = rnd(F(sum(w * v for w, v in weighted), total)) if total else None

    # Step 5, in the group by T (needed by rank points)
    def key(code, value):
        t, have = townships[code], parts[code]
        return (-two_decimals(value), -two_decimals(have.get("H", 0)), -two_decimals(have.get("E", 0)),
                t["overdue_issues"], -two_decimals(have.get("V", 0)), t["veto_notices"])

    def rank(values):
        """code -> rank, of those that have a value; equal keys, equal rank (1-2-2-4)."""
        keys = {c: key(c, v) for c, v in values.items() if v is not None}
        return {c: 1 + sum(1 for other in keys.values() if other < k) for c, k in keys.items()}

    members = {g: [c for c in townships if townships[c]["group"] == g] for g in groups}
    rank_in_group = {}
    for g in groups:
        rank_in_group.update(rank({c: raw[c] for c in members[g]}))

    # Step 4
    shared = [by for by in town.values() if all(by[g] is not None for g in groups)]
    method = rules["correction"]
    if method == "benchmark_additive" and len(shared) < 3:
        method = "second_average"
    delta = {g: 0 for g in groups}
    limited = False
    if method == "benchmark_additive":
        for g in groups:
            d = rnd(avg(by[g] - avg(by[h] for h in groups) for by in shared))
            delta[g] = max(-50000, min(50000, d))
            limited = limited or delta[g] != d
    have_t = {g: [raw[c] for c in members[g] if raw[c] is not None] for g in groups}
    mean = {g: avg(v) for g, v in have_t.items() if v}
    spread = {g: sqrt_rounded(avg((t - mean[g]) ** 2 for t in have_t[g])) for g in mean}
    corrected = {}
    for code, t in raw.items():
        g = townships[code]["group"]
        if t is None:
            corrected[code] = None
        elif method == "benchmark_additive":
            corrected[code] = t - delta[g]
        elif method == "second_average":
            corrected[code] = rnd(t * avg(mean.values()) / mean[g]) if mean[g] else t
        elif method == "zscore":
            r, s = avg(mean.values()), avg(spread.values())
            corrected[code] = rnd(r + s * (t - mean[g]) / spread[g]) if spread[g] else rnd(r)
        elif method == "rank_points":
            n = len(have_t[g])
            lost = F(40 * (rank_in_group[code] - 1), n - 1) if n > 1 else 0
            corrected[code] = rnd((100 - lost) * 10000)
        else:
            corrected[code] = t
    rank_corrected = rank(corrected)

    # Step 6
    award = rules["award"]
    red, yellow = set(), set()
    fields = [raw_field(raw, members[g]) for g in groups] if award["scope"] == "per_group" else [corrected]
    for field in fields:
        best = sorted(key(c, v) for c, v in field.items() if v is not None and not townships[c]["vetoed"])
        all_keys = sorted((key(c, v) for c, v in field.items() if v is not None), reverse=True)
        for c, v in field.items():
            if v is None:
                continue
            k = key(c, v)
            if award["red"] > 0 and not townships[c]["vetoed"] and k <= best[min(award["red"], len(best)) - 1]:
                red.add(c)
            elif award["yellow"] > 0 and k >= all_keys[min(award["yellow"], len(all_keys)) - 1]:
                yellow.add(c)

    return {
        "method": method,
        "groups": [{"group": g, "delta_e4": delta[g]} for g in groups],
        "townships": [{"code": c, "components_e4": parts[c], "raw_e4": raw[c], "corrected_e4": corrected[c],
                       "rank_in_group": rank_in_group.get(c), "rank_corrected": rank_corrected.get(c)}
                      for c in sorted(townships)],
        "awards": {"red_flag": sorted(red), "yellow_card": sorted(yellow)},
        "too_few_sheets": sorted(too_few),
        "delta_limited": limited,
    }


def raw_field(raw, codes):
    return {c: raw[c] for c in codes}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(score(json.loads(line)), ensure_ascii=False))
