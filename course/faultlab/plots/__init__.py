"""Figures in matplotlib: pure functions from a model's numbers to a `Figure`.

`svg.inline_svg` makes a figure part of a panel.
"""
