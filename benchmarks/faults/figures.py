"""Times in a few figures."""

from statistics import quantiles


def summarise(seconds: list[float]) -> dict[str, float]:
    """Return count, p50 and p95 of some times."""
    cuts = quantiles(seconds, n=20) if len(seconds) > 1 else seconds * 19
    return {"count": len(seconds), "p50": round(cuts[9], 3), "p95": round(cuts[18], 3)}
