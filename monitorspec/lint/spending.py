"""Lint of what monitoring costs.

In: the plan. Out: findings `aws/over-budget`.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec.lint.finding import Finding
from monitorspec.plan import Plan

_SHOWN = 3


def over_budget(plan: Plan) -> Iterable[Finding]:
    """Monitoring would cost more on CloudWatch than `aws.monthly_budget`.

    The estimate is that of `monitorspec cost`: AWS' list prices, less what is free each month. `monitorspec cost` shows every
    item, what was assumed and what is not counted.

    ```yaml wrong
    aws:
      parameters: {CanaryRole: {}}
      monthly_budget: 10 USD
      canaries: {health: {urls: 'https://shop.example.com', artifacts: 's3://runs', role: '${CanaryRole}', every: 1m}}
    ```
    ```yaml right
    aws:
      parameters: {CanaryRole: {}}
      monthly_budget: 10 USD
      canaries: {health: {urls: 'https://shop.example.com', artifacts: 's3://runs', role: '${CanaryRole}', every: 10m}}
    ```
    """
    budget = plan.stack.monthly_budget
    if budget is None:
        return
    # Only a spec that asks for it pays for making its resources here.
    from monitorspec.prices.estimate import estimate, money, quantity_text

    made = estimate(plan)
    if made.total > budget:
        largest = (
            f"{item.title}: {money(item.cost)} for {quantity_text(item.quantity, item.unit)}"
            for item in made.largest[:_SHOWN]
        )
        yield Finding(
            f"monitoring costs {money(made.total)} a month on CloudWatch, which is over its budget",
            ("aws", "monthly_budget"),
            "warning",
            label=f"{money(made.total - budget)} less than that",
            help=(*largest, "`monitorspec cost` shows all of it"),
            key=False,
        )
