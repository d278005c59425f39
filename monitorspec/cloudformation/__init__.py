"""CloudFormation: what an alarm and a template look like, and what CloudWatch would refuse.

In: alerts of the plan, finished templates. Out: alarm properties, problems with a message for people.
"""
