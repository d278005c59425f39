"""Mutation: what would be noticed of an alert that is a little wrong.

In: a plan. Out: for every wrong version of it (a mutant: one limit, `for`, window, selector, label, … changed), which test
notices, why it does the same as the right one, or that nothing notices. The tests stay those of the right plan: a mutant that
passes them all shows what they do not prove.
"""
