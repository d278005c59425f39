"""CloudWatch alarms without CloudWatch: in which state finished alarms are, and what they do, over time.

In: CloudFormation templates as plain mappings, samples of metrics. Out: state changes and actions of every alarm
(`timeline`). The parts stand alone: `statistics` makes datapoints of samples, `mathsyntax` and `mathvalues` compute metric
math, `metricalarm` decides on a state, `alarmrule` reads composite alarms, `schedule` mute rules, `resolver` references.
Nothing in here knows a spec or a plan: it is the judge of what the emitters make.
"""
