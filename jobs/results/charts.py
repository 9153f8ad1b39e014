"""Charts as SVG text: no library, no request, sharp at any width.

A chart has no size of its own: places are percent of its box, so that text and markers keep their size while lines
stretch. Colours are CSS variables of the page.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt

POINTS_MAX = 2_000
_UNITS = 10_000  # of a line's own box, in which whole numbers are fine enough
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TIMES_S = (1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)

Floats = npt.NDArray[np.float64]
Label = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Line:
    """One curve; x rises."""

    name: str
    x: Floats
    y: Floats
    color: str
    step: bool = False  # holds its value until the next point


@dataclass(frozen=True, slots=True)
class Marker:
    """A sign at a place; `shape` is the id of a symbol of the page."""

    x: float
    y: float
    shape: str
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """What a chart shows of the world, and its place in percent."""

    x: tuple[float, float]
    y: tuple[float, float]

    def left(self, x: float) -> float:
        return 100 * (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1)

    def top(self, y: float) -> float:
        return 100 - 100 * (y - self.y[0]) / ((self.y[1] - self.y[0]) or 1)


def chart(
    lines: Sequence[Line], label_y: Label, ticks_x: Sequence[tuple[float, str]], markers: Sequence[Marker] = ()
) -> str:
    """Lines over a grid, markers on top; needs at least one line with a point."""
    box = box_of(lines, markers)
    steps = nice_steps(*box.y)
    parts = [_grid(box, steps), *(_curve(box, line) for line in lines)]
    parts += [_labels(box, steps, label_y, ticks_x), *(_marker(box, one) for one in markers)]
    return f'<svg class="chart" role="img">{"".join(parts)}</svg>'


def spark(y: Floats) -> str:
    """A line without axes."""
    x = np.arange(len(y), dtype=np.float64)
    line = Line("", *thinned(x, y, 240), "var(--line)")
    return f'<svg class="spark" aria-hidden="true">{_curve(box_of([line], ()), line)}</svg>'


def box_of(lines: Sequence[Line], markers: Sequence[Marker]) -> Box:
    """The box around all points, with a little air above and below."""
    xs = np.concatenate([line.x for line in lines] or [np.zeros(1)])
    ys = np.concatenate([*(line.y for line in lines), np.array([one.y for one in markers])])
    low, high = float(ys.min()), float(ys.max())
    air = 0.06 * (high - low) or abs(high) * 0.001 or 1.0
    return Box((float(xs.min()), float(xs.max())), (low - air, high + air))


def thinned(x: Floats, y: Floats, points_max: int = POINTS_MAX) -> tuple[Floats, Floats]:
    """At most so many points: of each stretch its lowest and its highest, in their order."""
    if len(x) <= points_max:
        return x, y
    kept: list[int] = []
    for part in np.array_split(np.arange(len(x)), points_max // 2):
        kept += sorted({int(part[y[part].argmin()]), int(part[y[part].argmax()])})
    return x[kept], y[kept]


def nice_steps(low: float, high: float, count: int = 4) -> list[float]:
    """Round numbers between two, about `count` of them.

    >>> nice_steps(0.0, 10.0)
    [0.0, 2.5, 5.0, 7.5, 10.0]
    """
    if not high > low:
        return [low]
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in _STEPS if one * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [step * number for number in range(first, math.floor(high / step + 1e-9) + 1)]


def time_steps_ns(begin_ns: int, end_ns: int, count: int = 5) -> list[int]:
    """Round times of day between two, at most about `count`."""
    rough_s = max((end_ns - begin_ns) / 1e9 / count, 1e-9)
    step_s = next((one for one in _TIMES_S if one >= rough_s), 86400 * math.ceil(rough_s / 86400))
    step_ns = step_s * 1_000_000_000
    return list(range(-(-begin_ns // step_ns) * step_ns, end_ns + 1, step_ns))


def _grid(box: Box, steps: Sequence[float]) -> str:
    places = (f"{box.top(y):.2f}%" for y in steps)
    return "".join(f'<line class="grid" x1="0" x2="100%" y1="{top}" y2="{top}"/>' for top in places)


def _labels(box: Box, steps: Sequence[float], label_y: Label, ticks_x: Sequence[tuple[float, str]]) -> str:
    parts = [f'<text x="-8" y="{box.top(y):.2f}%" dy="4" text-anchor="end">{escape(label_y(y))}</text>' for y in steps]
    for x, text in ticks_x:
        left = box.left(x)
        if 0 <= left <= 100:
            anchor = "start" if left < 6 else "end" if left > 94 else "middle"
            parts.append(f'<text x="{left:.2f}%" y="100%" dy="17" text-anchor="{anchor}">{escape(text)}</text>')
    return "".join(parts)


def _curve(box: Box, line: Line) -> str:
    left, top = _places(line.x, box.x), _UNITS - _places(line.y, box.y)
    points = [f"{x},{y}" for x, y in zip(left.tolist(), top.tolist(), strict=True)]
    if line.step:
        path = f"M{points[0]}" + "".join(f"H{x}V{y}" for x, y in zip(left[1:].tolist(), top[1:].tolist(), strict=True))
    else:
        path = "M" + "L".join(points)
    return (
        f'<svg viewBox="0 0 {_UNITS} {_UNITS}" preserveAspectRatio="none" width="100%" height="100%">'
        f'<path class="line" style="stroke:{line.color}" d="{path}"/></svg>'
    )


def _places(values: Floats, span: tuple[float, float]) -> npt.NDArray[np.int64]:
    scaled = (values - span[0]) / ((span[1] - span[0]) or 1) * _UNITS
    return np.rint(scaled).astype(np.int64)


def _marker(box: Box, one: Marker) -> str:
    place = f'x="{box.left(one.x):.2f}%" y="{box.top(one.y):.2f}%"'
    return f'<use href="#{one.shape}" {place}><title>{escape(one.text)}</title></use>'
