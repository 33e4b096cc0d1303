"""Networks in other notations: Graphviz DOT, ordinary differential equations as LaTeX, text and MathML, and HTML."""

from crnwidgets.export.dot import to_dot
from crnwidgets.export.equations import to_latex, to_mathml, to_text
from crnwidgets.export.html import to_html

__all__ = ["to_dot", "to_html", "to_latex", "to_mathml", "to_text"]
