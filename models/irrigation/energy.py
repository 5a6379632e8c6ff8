"""How long a battery lasts: charge of a day, part by part.

Charge of a part = current x time in that state a day; a battery's life = usable capacity / (sum of the parts + its own
discharge). Currents of chips are their data sheets' typical values; ``source`` says which. Times that were not measured
on hardware are marked as assumed: measure them on a board of your own, and give them to ``Plan``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from picket_host.errors import InputError

_DAY_S = 86400
_MONTH_DAYS = 30.4


@dataclass(frozen=True)
class Plan:
    """A station's day. All but the capacity and the discharge may be 0.

    Attributes:
        wakes: a day.
        wake_s: start of MicroPython and the application, sensing, deciding: assumed.
        contacts: a day; two for the decisions' forecasts, and those for alerts.
        contact_s: joining the network, session, messages: assumed.
        watering_s: mean of a day, during which the board dozes and holds the valve's pin.
        sleep_ua: ESP32 in deep sleep with its RTC timer and RTC memory (10 uA), a regulator (1.6 uA), idle sensors.
        awake_ma: ESP32 with its radio off, at work at 160 MHz.
        radio_ma: with its radio on, mean of listening and sending.
        doze_ma: in light sleep.
        probes_ma: both capacitive probes, as long as their power pin is on.
        probes_s: in each wake.
        sensors_uas: charge of SHT3x and BH1750 in each wake, microampere seconds.
        capacity_mah: the battery's.
        usable_pct: of it, down to the voltage that the regulator needs.
        self_discharge_pct: of it, a month.
    """

    wakes: float = 24
    wake_s: float = 2.5
    contacts: float = 2.4
    contact_s: float = 8
    watering_s: float = 900
    sleep_ua: float = 12
    awake_ma: float = 40
    radio_ma: float = 120
    doze_ma: float = 0.8
    probes_ma: float = 10
    probes_s: float = 0.15
    sensors_uas: float = 20
    capacity_mah: float = 2600
    usable_pct: float = 85
    self_discharge_pct: float = 2


@dataclass(frozen=True)
class Part:
    """Charge of one part of the day.

    Attributes:
        name: of the part.
        mah: milliampere hours a day.
        source: where its current is from.
    """

    name: str
    mah: float
    source: str


@dataclass(frozen=True)
class Budget:
    """Attributes:
    parts: of a day.
    mah_per_day: their sum.
    days: how long the battery lasts.
    """

    parts: tuple[Part, ...]
    mah_per_day: float
    days: float


def budget(plan: Plan) -> Budget:
    """Work the budget out.

    Raises:
        InputError: a negative number, more seconds than a day has, or no battery.
    """
    for field in fields(plan):
        if not getattr(plan, field.name) >= 0:
            raise InputError(f"{field.name} is {getattr(plan, field.name)}, not 0 or more")
    if not plan.capacity_mah * plan.usable_pct > 0 or plan.usable_pct > 100:
        raise InputError("a battery needs a capacity, and a usable part of up to 100 %")
    awake_s = plan.wakes * plan.wake_s
    contact_s = plan.contacts * plan.contact_s
    asleep_s = _DAY_S - awake_s - contact_s - plan.watering_s
    if asleep_s < 0:
        raise InputError("more is done in a day than fits into it", hint="fewer wakes or shorter ones")
    usable_mah = plan.capacity_mah * plan.usable_pct / 100
    hour_s = 3600
    parts = (
        Part("asleep", asleep_s * plan.sleep_ua / 1000 / hour_s, "ESP32-WROOM-32E data sheet: 10 uA; MCP1700: 1.6 uA"),
        Part("awake, radio off", awake_s * plan.awake_ma / hour_s, "ESP32 data sheet: 27 to 44 mA at 160 MHz"),
        Part("in contact", contact_s * plan.radio_ma / hour_s, "ESP32 data sheet: 95 to 240 mA"),
        Part("watering, dozing", plan.watering_s * plan.doze_ma / hour_s, "ESP32 data sheet: 0.8 mA in light sleep"),
        Part("moisture probes", plan.wakes * plan.probes_s * plan.probes_ma / hour_s, "5 mA each, as they are sold"),
        Part("air and light", plan.wakes * plan.sensors_uas / 1000 / hour_s, "SHT3x: 0.6 mA, 15 ms; BH1750: 0.12 mA"),
        Part("own discharge", usable_mah * plan.self_discharge_pct / 100 / _MONTH_DAYS, "lithium ion, typical"),
    )
    total = sum(part.mah for part in parts)
    if total == 0:
        raise InputError("nothing draws any current")
    return Budget(parts, total, usable_mah / total)
