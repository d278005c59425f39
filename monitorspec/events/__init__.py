"""The languages of EventBridge: event patterns, schedules, and messages made from events.

In: values of a spec. Out: what they are, or what EventBridge would refuse of them.
"""
