"""Letters that are alike without regard to case, as Go has it (unicode.SimpleFold).

In: a character. Out: every character that is the same letter.
"""

from __future__ import annotations

from functools import lru_cache

# Letters of three and more forms, of which Python's lower() and upper() do not lead from each to every other.
_FORMS = {
    form: forms
    for forms in (
        "Kk\u212a", "Ssſ", "Åå\u212b", "ßẞ", "\u0345Ιι\u1fbe", "Ββϐ", "Εεϵ", "Θθϑϴ", "Κκϰ", "µΜμ", "Ππϖ", "Ρρϱ",
        "Σςσ", "Φφϕ", "Ωω\u2126", "Ввᲀ", "Ддᲁ", "Ооᲂ", "Ссᲃ", "Ттᲄᲅ", "Ъъᲆ", "Ѣѣᲇ", "Ṡṡẛ", "ᲈꙊꙋ", "ı",
    )
    for form in forms
}  # fmt: skip


@lru_cache(maxsize=10_000)
def forms(char: str) -> str:
    """All forms of a letter, itself among them."""
    if char in _FORMS:
        return _FORMS[char]
    found = [char]
    for known in found:
        found += [new for new in {known.lower(), known.upper(), known.title()} if len(new) == 1 and new not in found]
    return "".join(found)
