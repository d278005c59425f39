"""The languages of CloudWatch Logs: filter patterns and queries of Logs Insights.

In: texts of a spec. Out: what they are, or what CloudWatch Logs would refuse of them, with its place in the text.
"""
