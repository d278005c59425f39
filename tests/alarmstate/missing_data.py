"""The tables of the CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data", as they stand there.

Data points: the five most recent ones, the newest on the right; 0 does not breach, X does, - is missing. Then how many are
filled in, and the states for missing data treated as MISSING, IGNORE, BREACHING and NOT BREACHING. RETAIN is "Retain current
state". `EARLIER` are the rows that only the guide's earlier editions have (2019, awsdocs/amazon-cloudwatch-user-guide).
"""

from __future__ import annotations

from monitorspec.alarmstate.verdict import ALARM, INSUFFICIENT, OK

RETAIN = None
Row = tuple[str, int, str | None, str | None, str | None, str | None]

THREE_OF_THREE: list[Row] = [
    ("0 - X - X", 0, OK, OK, OK, OK),
    ("0 - - - -", 2, OK, OK, OK, OK),
    ("- - - - -", 3, INSUFFICIENT, RETAIN, ALARM, OK),
    ("0 X X - X", 0, ALARM, ALARM, ALARM, ALARM),
    ("- - X - -", 2, ALARM, RETAIN, ALARM, OK),
]
TWO_OF_THREE: list[Row] = [
    ("0 - X - X", 0, ALARM, ALARM, ALARM, ALARM),
    ("0 0 X 0 X", 0, ALARM, ALARM, ALARM, ALARM),
    ("0 - X - -", 1, OK, OK, ALARM, OK),
    ("- - - - 0", 2, OK, OK, ALARM, OK),
    ("- - - X -", 2, ALARM, RETAIN, ALARM, OK),
]
EARLIER_THREE_OF_THREE: list[Row] = [
    ("- - - - X", 2, INSUFFICIENT, RETAIN, ALARM, OK),
    ("X - - - -", 2, ALARM, RETAIN, ALARM, OK),
]
EARLIER_TWO_OF_THREE: list[Row] = [
    ("- - - - X", 2, INSUFFICIENT, RETAIN, ALARM, OK),
]
