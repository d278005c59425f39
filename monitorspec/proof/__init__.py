"""Proofs: what every alert has to do over time, from the spec's intent.

Nothing in here reads an emitted rule. A scenario drives a signal through phases; `model` says what the spec means by its
limits, `for`, `recover`, `keep_firing_for` and datapoints, and so what has to fire when; promtool then holds the rules
against that.
"""
