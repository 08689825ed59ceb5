"""Bar charts as SVG."""

from xml.sax.saxutils import escape

COLOURS = ["#9aa0a6", "#e8a33d", "#f3cf94", "#2f6fb3", "#3f9c6b", "#8ccaa7", "#b0503f"]
WIDTH, HEIGHT = 1100, 380
LEFT, TOP, BOTTOM = 70, 60, 50
LINES = 5


def image(name, alternative):
    """Markdown that shows a chart of docs/performance."""
    return f"![{alternative}](performance/{name}.svg)"


def bars(file, title, groups, series):
    """Writes a chart: a group of bars for each of `groups`, a bar for each series' value there."""
    top = nice(max(value for values in series.values() for value in values if value is not None))
    plot_height = HEIGHT - TOP - BOTTOM
    group_width = (WIDTH - LEFT) / len(groups)
    bar_width = group_width * 0.85 / len(series)
    y = lambda value: TOP + plot_height * (1 - value / top)
    parts = [text(LEFT, 18, title, size=15)]
    for line in range(LINES + 1):
        value = top * line / LINES
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>')
        parts.append(text(LEFT - 6, y(value) + 4, f"{value:,.10g}", anchor="end"))
    at = LEFT
    for number, label in enumerate(series):
        parts.append(f'<rect x="{at}" y="32" width="11" height="11" fill="{COLOURS[number % len(COLOURS)]}"/>')
        parts.append(text(at + 16, 42, label))
        at += 40 + 7 * len(label)
    for place, group in enumerate(groups):
        start = LEFT + place * group_width
        parts.append(text(start + group_width / 2, HEIGHT - BOTTOM + 18, group, anchor="middle"))
        for number, (label, values) in enumerate(series.items()):
            if values[place] is None:
                continue
            value = max(values[place], 0)
            parts.append(
                f'<rect x="{start + group_width * 0.075 + number * bar_width:.1f}" y="{y(value):.1f}" width="{bar_width:.1f}" '
                f'height="{plot_height * value / top:.1f}" fill="{COLOURS[number % len(COLOURS)]}">'
                f"<title>{escape(f'{group}, {label}: {values[place]:,.6g}')}</title></rect>"
            )
    file.parent.mkdir(exist_ok=True)
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def text(x, y, content, anchor="start", size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="#333">{escape(content)}</text>'


def nice(value):
    """The next number that divides into `LINES` round ones."""
    if value <= 0:
        return 1
    step = 10 ** len(str(int(value))) if value >= 1 else 1
    while step > value:
        step /= 10
    return next(step * factor for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * factor >= value)
