"""The latency distribution as SVG: how many took longer than how long.  Both
axes are logarithmic, so that the tail takes as much room as the middle."""
import math

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 880, 440, 70, 40, 210, 50
COLOURS = ["#0b6e4f", "#c1442e", "#2a5caa", "#8a5a9b", "#b8860b", "#444444",
           "#1799a8", "#d2691e", "#6b8e23"]


def svg(curves):
    """curves: [(name, [ms at 10^(-i/30) slower])]."""
    values = [v for _, curve in curves for v in curve if v > 0]
    low = math.floor(math.log10(min(values)))
    high = math.ceil(math.log10(max(values)))
    high += high == low

    def x(i):
        return LEFT + i / 120 * (WIDTH - LEFT - RIGHT)

    def y(ms):
        part = (math.log10(max(ms, 10 ** low)) - low) / (high - low)
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} '
           f'{HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="20" font-size="14">Latency until '
           'acknowledged, ms, by share of requests</text>']
    for decade in range(low, high + 1):
        at = y(10 ** decade)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" '
                   f'y2="{at:.1f}" stroke="#ddd"/><text x="{LEFT - 8}" '
                   f'y="{at + 4:.1f}" text-anchor="end">{10 ** decade:g}</text>')
    for i, name in ((0, "0 %"), (30, "90 %"), (60, "99 %"), (90, "99.9 %"),
                    (120, "99.99 %")):
        out.append(f'<line x1="{x(i):.1f}" x2="{x(i):.1f}" y1="{TOP}" '
                   f'y2="{HEIGHT - BOTTOM}" stroke="#ddd"/><text x="{x(i):.1f}" '
                   f'y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{name}'
                   '</text>')
    for n, (name, curve) in enumerate(curves):
        points = " ".join(f"{x(i):.1f},{y(v):.1f}"
                          for i, v in enumerate(curve))
        colour = COLOURS[n % len(COLOURS)]
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" '
                   f'points="{points}"/><text x="{WIDTH - RIGHT + 12}" '
                   f'y="{TOP + 20 + 18 * n}" fill="{colour}">{name}</text>')
    return "\n".join(out + ["</svg>", ""])
