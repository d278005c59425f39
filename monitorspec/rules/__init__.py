"""Prometheus rules: the expressions, labels and annotations that recording and alerting rules are made of.

In: plan records. Out: PromQL text and rule mappings. The prometheus target writes them; others ask which series they
record and what an alert's expression is.
"""
