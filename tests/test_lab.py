"""The Lab in Python: its views follow one another, whichever of them changes."""

import json
import re

import pytest
import traitlets

from crnwidgets import Event, Lab, Network, Reaction, RuleError
from crnwidgets.widgets import DynamicsPlot, MajorityMap, RuleEditor
from crnwidgets.widgets.display import bundle

TEXT = "A -k,B-> B  # turned\nB -> A\nk = 2\nA = 0.8; B = 0.1"


def shown(lab):
    """The network that each view shows, and the one that the text says."""
    views = (lab.editor, lab.plot, lab.graph, lab.equations)
    return [lab.network, *(view.network for view in views), Network.parse(lab.rules)]


@pytest.mark.parametrize("start", [TEXT, Network.parse(TEXT)])
def test_all_views_start_from_one_network(start):
    lab = Lab(start)
    assert shown(lab) == [Network.parse(TEXT)] * 6
    assert lab.rules == str(start)


def test_a_text_of_ones_own_stays_as_it_is_while_numbers_change():
    lab = Lab(TEXT)
    lab.plot.initial = {"A": 0.5}
    assert lab.rules == TEXT.replace("0.8", "0.5")
    lab.plot.parameters = {"k": 3}
    assert lab.rules == TEXT.replace("0.8", "0.5").replace("k = 2", "k = 3")
    assert shown(lab) == [Network.parse(lab.rules)] * 6


def test_an_edit_reaches_every_view():
    lab = Lab(TEXT)
    lab.rules = "A -> B {3}\nat 4: A = 1"
    assert shown(lab) == [Network.parse("A -> B {3}; at 4: A = 1")] * 6
    assert lab.plot.initial == {"A": 0, "B": 0}
    assert lab.plot.events == [[4, "A", "=", 1]]


def test_a_mistake_leaves_the_last_good_network_everywhere():
    lab = Lab(TEXT)
    lab.rules = "A => B"
    assert lab.editor.error["hint"] == "did you mean `->`?"
    assert shown_without_text(lab) == [Network.parse(TEXT)] * 5
    lab.rules = "A -> B"
    assert lab.editor.error is None
    assert shown(lab) == [Network.parse("A -> B")] * 6


def shown_without_text(lab):
    return [lab.network, lab.editor.network, lab.plot.network, lab.graph.network, lab.equations.network]


def test_an_assigned_network_reaches_every_view():
    lab = Lab(TEXT)
    other = Network.parse("X -> Y; X = 1").updated(events=[Event(2, "X", "+=", 1)])
    lab.network = other
    assert shown(lab) == [other] * 6


def test_views_of_different_labs_can_be_linked():
    editor, plot = RuleEditor(TEXT), DynamicsPlot("A -> B")
    traitlets.link((editor, "network"), (plot, "network"))
    assert plot.network == Network.parse(TEXT)
    plot.initial = {"B": 0.75}
    assert "B = 0.75" in editor.rules


def test_a_closed_lab_takes_its_views_along():
    lab = Lab(TEXT)
    parts = (lab, *lab.children, lab.editor, lab.plot, lab.graph, lab.equations)
    assert all(part.comm is not None for part in parts)
    lab.close()
    assert all(part.comm is None for part in parts)


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match="Lab has no argument `durations`; did you mean `duration`"):
        Lab(TEXT, durations=3)
    with pytest.raises(TypeError, match="did you mean `layout`"):
        Lab(TEXT, layouts=None)
    with pytest.raises(RuleError):
        Lab("A =>")
    with pytest.raises(TypeError, match="Argument `network` must be a Network, Chambers or rule text, but it is int"):
        Lab(3)
    with pytest.raises(traitlets.TraitError):
        Lab(TEXT, duration=-1)
    many = Network([Reaction({f"A{i}": 1}, {f"A{i + 1}": 1}) for i in range(10_001)])
    with pytest.raises(ValueError, match=r"at most 10,000 reactions to be live, but it has 10,001\."):
        Lab(many)
    same = Network([Reaction({"A": 1, f"E{i}": 1}, {"B": 1, f"E{i}": 1}) for i in range(10_001)], initial={"E0": 1})
    with pytest.raises(ValueError, match=r"has 10,001; network.absorb_enzymes\(\) has 1\."):
        Lab(same)
    lab = Lab(TEXT)
    with pytest.raises(traitlets.TraitError):
        lab.network = None
    assert shown(lab) == [Network.parse(TEXT)] * 6


def test_a_saved_page_is_inert_where_names_are_hostile(tmp_path):
    name = '"</script><img src=x onerror=alert(1)>"'
    path = Lab(f"{name} -> B; {name} = 1").save_html(tmp_path / "page.html")
    page = path.read_text(encoding="utf-8")
    assert page.count("<script") == page.count("</script>") == 2
    content = json.loads(re.search(r'id="crn-page">(.*?)</script>', page, re.S)[1])
    assert [view["area"] for view in content["views"]] == ["editor", "plot", "graph", "equations"]
    assert content["views"][0]["state"]["read_only"] is True
    assert content["views"][0]["state"]["rules"].startswith(name)


def test_a_network_is_shown_as_a_widget_and_as_html():
    net = Network.parse(TEXT)
    assert "application/vnd.jupyter.widget-view+json" in bundle(net)
    html = net._repr_html_()
    assert "A -k,B-&gt; B" in html
    assert "<math" in html


def test_further_views_follow_the_lab_and_the_lab_follows_them(tmp_path):
    view = MajorityMap("A -> B")
    lab = Lab(TEXT, views=[view])
    assert view.network == lab.network
    assert view in lab.children[0].children
    lab.rules = "B -A-> A; A = 0.9"
    assert view.network == Network.parse(lab.rules)
    view.point = [0.25, 0.5]
    assert lab.network.initial == {"A": 0.25, "B": 0.5}
    assert "A = 0.25" in lab.rules
    lab.rules = "A -> C"  # without B there is nothing to show, and the Lab goes on
    assert (lab.network.species, bool(view.problem)) == (("A", "C"), True)
    assert "majority" in lab.save_html(tmp_path / "lab.html").read_text(encoding="utf-8")
    lab.close()
    assert view.comm is None


def test_further_views_are_views_of_what_a_network_computes():
    with pytest.raises(TypeError, match=r"`views` must be views of .* but one is a DynamicsPlot"):
        Lab(TEXT, views=[DynamicsPlot(TEXT)])
