"""Proofs of CloudWatch alarms: what every alarm has to do over time, from the spec's intent.

In: a plan. Out: cases (`proof_of`), and what finished templates do wrong in them (`runner.failures`). Nothing in here but the
runner reads an emitted property: limits, sides, M of N, missing data, windows, conditions over alarms and who is told are the
plan's, and the states that follow are worked out here. `alarmstate` then says what the emitted alarms do on the same samples.

A new condition is a module with `stories` and a line in `kinds.STORIES`.
"""
