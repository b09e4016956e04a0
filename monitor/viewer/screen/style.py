"""The style sheet: panes side by side where they fit, below one another where they do not."""

CSS = """
Screen { layout: vertical; background: $background; color: $foreground; }
#body { layout: horizontal; height: 1fr; }
#right { layout: vertical; width: 1fr; height: 1fr; }
#side { width: 22; height: 1fr; }
#timeline { height: 1fr; }
#detail { height: 1fr; }
#hints { height: 1; }
Panel {
    border: round $edge;
    border-title-color: $label;
    border-subtitle-color: $label;
    border-title-style: none;
    background: $background;
}
Panel:focus { border: round $edge-focus; border-title-color: $label-focus; border-title-style: bold; }
#right.-zoom #timeline { display: none; }
.-tiny #side { display: none; }
.-wide #side { width: 30; }
.-wide #right { layout: horizontal; }
.-wide #timeline { width: 1fr; }
.-wide #detail { width: 1fr; }
.-wide #right.-zoom #timeline { display: block; }
#prompt { height: 1; layout: horizontal; }
#prompt Static { width: auto; color: $label-focus; }
#prompt Input { width: 1fr; background: $background; color: $foreground; border: none; height: 1; padding: 0; }
Help { align: center middle; background: $background 60%; }
#keys { width: 64; max-width: 100%; background: $background; }
#keys { border: round $edge-focus; border-title-color: $label-focus; }
"""
