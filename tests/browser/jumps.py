"""Whether anything on a page jumps: the shifts as browsers count them, with script that comes after the first paint."""

import re

from tests.browser.people import until

# Those within half a second of a press do not count.
WATCH = """{
    const name = (node) => node?.nodeName + '.' + (node?.className?.baseVal ?? node?.className ?? node?.textContent);
    const note = (entries) => entries.filter((entry) => !entry.hadRecentInput)
        .map(({value, sources}) => [value, sources.map(({node}) => name(node))]);
    const seen = [];
    const watcher = new PerformanceObserver((list) => seen.push(...note(list.getEntries())));
    watcher.observe({type: 'layout-shift', buffered: true});
    window.shifts = () => [...seen, ...note(watcher.takeRecords())];
}"""
# All script but what runs before the first paint.
SCRIPTS = re.compile(r"/static/(?!js/theme\b).*\.js")


def open_slowly(page, address: str) -> None:
    """Open a page whose script comes after its first paint, and watch it: what moved before counts too."""
    held, is_painted = [], []
    page.route(
        SCRIPTS,
        lambda route: route.continue_() if is_painted else held.append(route),
    )
    page.goto(address, wait_until="commit")
    until(page, "performance.getEntriesByType('paint').length > 0")
    is_painted.append(True)
    for route in held:
        route.continue_()
    page.wait_for_load_state()
    page.unroute_all()
    page.evaluate(WATCH)


def jumps(page) -> list:
    """Return all shifts so far: how much, and what moved."""
    return page.evaluate("shifts()")
