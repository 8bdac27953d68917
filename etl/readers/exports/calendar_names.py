"""The names of months, weekdays and seasons in the languages in which databases print days.

Belongs here: the names. Does not belong here: the forms of a day (`exports.days`,
`exports.header_days`), days in English prose (`readers.dates`).
"""

from __future__ import annotations

from etl.domain import word_set

_MONTH_NAMES = (
    "january jan januar janvier janv januari enero gennaio janeiro jänner января",
    "february feb februar février févr fevrier februari febrero febbraio fevereiro feber февраля",
    "march mar märz maerz mars maart marzo março marts mrz марта",
    "april apr avril avr abril aprile апреля",
    "may mai mei mayo maggio maio maj мая",
    "june jun juni juin junio giugno junho июня",
    "july jul juli juillet juil julio luglio julho июля",
    "august aug août aout augustus agosto augusti ago августа",
    "september sept sep septembre settembre septiembre setiembre setembro set сентября",
    "october oct oktober octobre oktoober ottobre octubre outubro okt out октября",
    "november nov novembre noviembre novembro ноября",
    "december dec dezember décembre decembre déc desember dicembre diciembre dezembro dez декабря",
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
"""The number of a month by its name in small letters."""
WEEKDAYS = word_set(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri "
    "sat sun montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag lundi mardi "
    "mercredi jeudi vendredi samedi dimanche maandag dinsdag woensdag donderdag vrijdag zaterdag "
    "zondag lunes martes miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì "
    "venerdì sabato domenica segunda-feira terça-feira quarta-feira quinta-feira sexta-feira "
    "mandag tirsdag onsdag torsdag fredag lørdag søndag måndag tisdag lördag söndag"
)
SEASONS = word_set("spring summer autumn fall winter frühling sommer herbst été automne")
