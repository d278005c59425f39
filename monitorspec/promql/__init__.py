"""PromQL without a server: validity, labels, rewriting, and input series that drive an expression to a value.

In: expressions. Out: `expression` (check, selectors, matchers), `labels` (what a result can carry) and `stimulus`
(series for promtool's unit tests).
"""
