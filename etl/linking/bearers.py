"""The people whom a lone surname may mean, and how often each is named around a month.

Belongs here: counting what texts say about people of one surname. Does not belong here: who is
meant (`resolver`), and where the counts come from (`forms`, `near_short`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from etl.extract.lexicon import load_lexicon
from etl.linking.decisions import Decision, Form, NameType, is_full
from etl.linking.variants import person_name

MONTHS_AROUND = 6
"""A surname means a person who is named in full at most this many months before or after."""


class Bearers:
    """People's full names, those in most texts first."""

    def __init__(
        self, decisions: Sequence[Decision], months: Mapping[NameType, Mapping[str, int]]
    ) -> None:
        full = (d for d in decisions if is_full(d.form))
        self.decisions = sorted(full, key=lambda d: (-d.form.texts, d.form.key))
        self._months = months
        self._texts: dict[int, Counter[str]] | None = None

    @cached_property
    def entities(self) -> dict[str, str]:
        """The names with their entities."""
        return {d.form.name: d.entity_id for d in self.decisions}

    def name_of(self, entity: str) -> str:
        """Return the name that an entity has in most texts."""
        return next(d.form.name for d in self.decisions if d.entity_id == entity)

    def at_any_time(self) -> dict[str, int]:
        """Count by entity the texts that name it in full."""
        weights: Counter[str] = Counter()
        for d in self.decisions:
            weights[d.entity_id] += d.form.texts
        return {entity: weight for entity, weight in weights.items() if weight}

    def around(self, month: str) -> dict[str, int]:
        """Count the same around a month ("2016-05"); at any time, if it is empty."""
        if not month:
            return self.at_any_time()
        if self._texts is None:
            self._texts = defaultdict(Counter)
            for d in self.decisions:
                for named_in, count in self._months.get((d.form.name, d.form.type), {}).items():
                    self._texts[month_number(named_in)][d.entity_id] += count
        weights: Counter[str] = Counter()
        middle = month_number(month)
        for number in range(middle - MONTHS_AROUND, middle + MONTHS_AROUND + 1):
            weights.update(self._texts.get(number, {}))
        return dict(weights)


def month_number(month: str) -> int:
    """Return the number of a month ("2016-05") on a scale of months."""
    return int(month[:4]) * 12 + int(month[5:7])


def gender_of(form: Form) -> str:
    """Return the gender that the first name of a person tells, or an empty string."""
    return load_lexicon().first_names.get(person_name(form.name).given, "")
