"""What the CloudWatch side of a plan costs in a month.

In: the plan. Out: `estimate`, an `Estimate`. The prices are data of a date (data/prices, a file for each region), what is charged
for is counted from the finished resources (`usage`), sums are exact decimals.
"""

from monitorspec.prices.estimate import Estimate as Estimate
from monitorspec.prices.estimate import estimate as estimate
from monitorspec.prices.estimate import money as money
