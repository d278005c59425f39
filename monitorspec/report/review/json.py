"""A review as one JSON object, for programs: schemas/monitorspec-diff.schema.json describes it.

In: a `Review`. Out: JSON, in ASCII. Lines and columns count characters from 1, null where there is no place.
"""

from __future__ import annotations

import json
from typing import Any

from monitorspec.report.json import listed
from monitorspec.report.review.lines import counts
from monitorspec.review import Review, Told

VERSION = 1


def render(review: Review) -> str:
    """The whole report."""
    document = {
        "version": VERSION,
        "before": review.before,
        "after": review.after,
        "systems": [
            {
                "system": system.system,
                "file": system.file,
                "changes": [_change(told) for told in system.changes],
                "deploy": [
                    {"target": e.target, "action": e.action, "what": list(e.what), "why": list(e.why)}
                    for e in system.effects
                ],
            }
            for system in review.systems
        ],
        "diagnostics": listed(review.diagnostics),
        "summary": counts(review),
    }
    return json.dumps(document, indent=2) + "\n"


def _change(told: Told) -> dict[str, Any]:
    change, at = told.change, told.position
    return {
        "code": change.code,
        "level": change.level,
        "sign": change.sign,
        "subject": change.subject,
        "text": change.text,
        "before": change.before,
        "after": change.after,
        "details": list(change.details),
        "environments": list(told.only),
        "fingerprint": told.fingerprint,
        "acknowledged": told.acknowledged or None,
        "file": at.file,
        "line": at.line or None,
        "column": at.column or None,
    }
