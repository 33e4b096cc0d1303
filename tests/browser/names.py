"""A network whose names are traps for whoever takes them for markup."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

import crnwidgets as crn

NAMES = [
    "<img src=x onerror=alert(1)>",
    '"]; x [URL=javascript:alert(1)',
    r"$$\input",
    "</script><script>alert(2)</script>",
    "&lt;b&gt;",
    "A\\nB",
]

# A ring of the names, each catalysing the next, so that every name is a node and the label of a reaction.
MAKE = f"""import crnwidgets as crn

names = {NAMES!r}
reactions = [
    crn.Reaction({{a: 1, b: 1}}, {{b: 2}}, rate_name="<b>" if i == 0 else None)
    for i, (a, b) in enumerate(zip(names, names[1:] + names[:1]))
]
reactions.append(crn.Reaction({{names[0]: 1, names[1]: 1}}, {{names[2]: 1}}))
net = crn.Network(reactions, initial={{names[0]: 1.0, names[1]: 0.5}}, events=[crn.Event(5.0, names[0], "+=", 0.5)])
"""


def hostile_network() -> crn.Network:
    scope: dict[str, crn.Network] = {}
    exec(MAKE, scope)
    return scope["net"]


def expect_inert(root: Locator) -> None:
    expect(root).to_be_visible()
    expect(root.locator("img, script, iframe, mjx-container, .MathJax, .katex, [onerror]")).to_have_count(0)
    assert root.evaluate("(e) => [...e.querySelectorAll('a')].map((a) => a.outerHTML)") == []


def expect_readable(view: Locator, names: list[str]) -> None:
    text = "".join((view.text_content() or "").split())
    for name in names:
        assert "".join(name.split()) in text, (name, text)
